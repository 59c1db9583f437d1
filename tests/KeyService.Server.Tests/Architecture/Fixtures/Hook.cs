namespace KeyService.Server.Tests.Architecture.TestHooks;

/// <summary>What the check of the shipped build looks for.</summary>
internal sealed class HookFixture;
