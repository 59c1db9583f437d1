namespace KeyService.Testing;

/// <summary>A file that only its owner may read.</summary>
internal static class SecretFile
{
    public static void ShouldBeTheOwnersOnly(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, path);
    }
}
