namespace KeyService.Server.Keys;

/// <summary>Refused at once, because more is under way already than will be done in time. Trying again later may help.</summary>
internal sealed class OverloadedException() : Exception("Too many calls of this kind are under way.");
