namespace KeyService.Server.Grpc;

/// <summary>The issuer of JWTs is needed and does not answer, or not in time.</summary>
internal sealed class IssuerUnavailableException() : Exception("The issuer does not answer.");
