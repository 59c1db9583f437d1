namespace KeyService.Benchmarks.Load;

/// <summary>How a call ended.</summary>
/// <param name="Intended">When it was due.</param>
/// <param name="Sent">When it was sent.</param>
/// <param name="Status">Its gRPC status; <see cref="GrpcStatusReader.None"/> if it has none.</param>
/// <param name="IsRight">Whether its status is OK and its answer whole, and as it must begin.</param>
internal readonly record struct CallEnd(long Intended, long Sent, int Status, bool IsRight);
