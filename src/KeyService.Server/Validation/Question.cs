using System.Net;
using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Server.Validation;

/// <summary>What a wallet service asks of an API key, as bytes of its request where it can be: they are compared and hashed, and nothing else.</summary>
/// <param name="ApiKey">As presented, UTF-8.</param>
/// <param name="WorkspaceId">Empty: any.</param>
/// <param name="RequiredScopes">As <see cref="ScopeList"/> has them.</param>
/// <param name="ClientAddress">Null: not named.</param>
/// <param name="AtLeastAsFresh">A consistency token, or empty.</param>
internal readonly record struct Question(
    ReadOnlyMemory<byte> ApiKey, ReadOnlyMemory<byte> WorkspaceId, ReadOnlyMemory<byte> RequiredScopes, IPAddress? ClientAddress, string AtLeastAsFresh = "")
{
    public static Question Of(
        string apiKey, string workspaceId, IReadOnlyList<string> requiredScopes, IPAddress? clientAddress, string atLeastAsFresh = "") => new(
        Encoding.UTF8.GetBytes(apiKey), Encoding.UTF8.GetBytes(workspaceId), ScopeList.Of(requiredScopes), clientAddress, atLeastAsFresh);
}
