using Google.Protobuf;
using Google.Protobuf.Collections;

namespace KeyService.Server.Grpc;

/// <summary>
/// Ends a page before its message is longer than what gRPC clients receive by default. Every single item is far below that, so a page has at least one.
/// For JSON, which the transcoder writes with up to six characters in place of one, the bound is the same.
/// </summary>
/// <param name="isJson">Whether the page is sent as JSON.</param>
internal sealed class PageSizeLimit(bool isJson)
{
    public const int MaxBytes = RequestRules.MaxBatchAnswerBytes;

    /// <summary>For the page token and what is around the items.</summary>
    private const int Reserve = 16 * 1024;

    /// <summary>Tag and length of an item; in JSON less.</summary>
    private const int ItemOverhead = 6;

    /// <summary>No message grows more as JSON than a text of characters that are escaped.</summary>
    private const int EscapeLength = 6;

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private int _left = MaxBytes - Reserve;

    public static PageSizeLimit Of(HttpContext http) => new(isJson: !JsonCalls.IsGrpcPath(http.Request.Path));

    /// <returns>False, with nothing added, when the page is full.</returns>
    public bool TryAdd<T>(T item, RepeatedField<T> page)
        where T : IMessage<T>
    {
        var size = ItemOverhead + (isJson ? JsonLength(item) : item.CalculateSize());
        if (page.Count > 0 && size > _left) return false;
        _left -= size;
        page.Add(item);
        return true;
    }

    /// <summary>At least what the transcoder writes: its encoder escapes everything that is not plain ASCII.</summary>
    private static int JsonLength(IMessage item)
    {
        var length = 0;
        var json = Formatter.Format(item);
        for (var at = 0; at < json.Length; at++)
        {
            length += IsPlain(json[at]) ? 1 : EscapeLength;
            // An escape of the formatter's own: of six characters, or of two that may become six.
            if (json[at] == '\\') at += json[at + 1] == 'u' ? EscapeLength - 1 : 1;
        }

        return length;
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not ('<' or '>' or '&' or '\'' or '+' or '`' or '\\');
}
