using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace KeyService.Server.Keys;

/// <summary>
/// SHA-256 of the libcrypto that the framework itself uses on Linux, without the layers around it: a kept HMAC of an API key costs 120 ns
/// instead of 540 ns by <see cref="IncrementalHash"/>, which copies its state on the heap for each call
/// (<c>tests/KeyService.Benchmarks</c>, micro, <c>KeyedHash</c>). A state is plain memory, so a copy of it is an assignment.
/// </summary>
internal static class LibCryptoSha256
{
    /// <summary>Of OpenSSL's <c>SHA256_CTX</c>: 112 bytes since version 0.9.8, and room to spare.</summary>
    public const int StateSize = 128;

    private const string Library = "libcrypto.so.3";

    /// <summary>
    /// False where the library is another or forbids it: in FIPS mode hashes have to go through the provider. Then the framework's HMAC does the same.
    /// </summary>
    public static bool IsUsable { get; } = OperatingSystem.IsLinux() && !IsFips() && IsExported() && Hashes();

    public static void Start(Span<byte> state) => _ = SHA256_Init(ref MemoryMarshal.GetReference(state));

    /// <param name="state">Of <see cref="StateSize"/> bytes.</param>
    /// <param name="data">Short: the collector waits meanwhile.</param>
    public static void Append(Span<byte> state, ReadOnlySpan<byte> data) =>
        _ = SHA256_Update(ref MemoryMarshal.GetReference(state), in MemoryMarshal.GetReference(data), (nuint)data.Length);

    /// <param name="hash32">32 bytes.</param>
    /// <param name="state">Of no use any more.</param>
    public static void Finish(Span<byte> hash32, Span<byte> state) =>
        _ = SHA256_Final(ref MemoryMarshal.GetReference(hash32), ref MemoryMarshal.GetReference(state));

    private static bool IsFips() => File.Exists("/proc/sys/crypto/fips_enabled") && File.ReadAllText("/proc/sys/crypto/fips_enabled").Trim() == "1";

    /// <summary>Marked as deprecated since OpenSSL 3.0: a later one, or one built without them, may lack them.</summary>
    private static bool IsExported() => NativeLibrary.TryLoad(Library, out var library)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Init), out _)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Update), out _)
        && NativeLibrary.TryGetExport(library, nameof(SHA256_Final), out _);

    /// <summary>One block and more than one, in two parts, beside the framework's.</summary>
    private static bool Hashes()
    {
        Span<byte> data = stackalloc byte[100];
        Span<byte> state = stackalloc byte[StateSize];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var length = 0; length < data.Length; length++)
        {
            data[length] = (byte)length;
            Start(state);
            Append(state, data[..(length / 2)]);
            Append(state, data[(length / 2)..length]);
            Finish(hash, state);
            if (!hash.SequenceEqual(SHA256.HashData(data[..length]))) return false;
        }

        return true;
    }

    // Some tens of ns each; too short for a transition of the collector's.
    [DllImport(Library), SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SHA256_Init(ref byte state);

    [DllImport(Library), SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SHA256_Update(ref byte state, in byte data, nuint length);

    [DllImport(Library), SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SHA256_Final(ref byte hash, ref byte state);
}
