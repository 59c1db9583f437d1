using Grpc.Core;
using KeyService.Contracts.V1;

namespace KeyService.Server.Grpc;

/// <summary>
/// ValidateKey over gRPC (walk of ValidateKey, step 1), in front of the generated service, which answers the same over JSON. The answer goes
/// out as bytes that Google.Protobuf wrote once for each looked-up record, instead of being written anew at every call.
/// </summary>
internal sealed class ValidateKeyGrpcService(ValidateKeyCalls calls) : ValidateKeyBase
{
    public override Task<byte[]> ValidateKey(ValidateKeyRequest request, ServerCallContext context) => calls.AnswerAsync(request, context);
}

/// <summary>What the framework binds: it takes only methods that override one of a base with this attribute, as generated code has it.</summary>
[BindServiceMethod(typeof(ValidateKeyBinding), nameof(ValidateKeyBinding.Bind))]
internal abstract class ValidateKeyBase
{
    public abstract Task<byte[]> ValidateKey(ValidateKeyRequest request, ServerCallContext context);
}

/// <summary>The method's name and marshallers, as the generated code would say them.</summary>
internal static class ValidateKeyBinding
{
    private static readonly Method<ValidateKeyRequest, byte[]> Method = new(
        MethodType.Unary, ApiKeyService.Descriptor.FullName, "ValidateKey",
        new Marshaller<ValidateKeyRequest>(
            static (_, _) => throw new NotSupportedException("The server reads requests."),
            static context => ValidateKeyRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        new Marshaller<byte[]>(
            static (reply, context) =>
            {
                context.SetPayloadLength(reply.Length);
                System.Buffers.BuffersExtensions.Write(context.GetBufferWriter(), reply);
                context.Complete();
            },
            static _ => throw new NotSupportedException("The server writes replies.")));

    public static void Bind(ServiceBinderBase binder, ValidateKeyBase? service) =>
        binder.AddMethod(Method, service is null ? null! : service.ValidateKey);
}
