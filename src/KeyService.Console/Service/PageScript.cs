using Microsoft.JSInterop;

namespace KeyService.AdminConsole.Service;

/// <summary>Calls of <c>console.js</c>, whose page may be gone: closed, or out of reach for so long that its answer is given up (60 s).</summary>
internal static class PageScript
{
    /// <returns>False: the page is gone.</returns>
    /// <exception cref="JSException">The browser did not do it.</exception>
    public static async Task<bool> TryCallAsync(this IJSRuntime js, string name, params object?[] arguments)
    {
        try
        {
            await js.InvokeVoidAsync(name, arguments);
            return true;
        }
        catch (Exception e) when (IsGone(e))
        {
            return false;
        }
    }

    /// <returns>What the page says; null: it is gone.</returns>
    /// <exception cref="JSException">The browser did not do it.</exception>
    public static async Task<T?> TryAskAsync<T>(this IJSRuntime js, string name, params object?[] arguments)
    {
        try
        {
            return await js.InvokeAsync<T>(name, arguments);
        }
        catch (Exception e) when (IsGone(e))
        {
            return default;
        }
    }

    private static bool IsGone(Exception e) => e is JSDisconnectedException or OperationCanceledException;
}
