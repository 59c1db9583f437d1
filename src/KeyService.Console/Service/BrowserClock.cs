using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Microsoft.JSInterop;

namespace KeyService.AdminConsole.Service;

/// <summary>Times as the person at the browser reads them.</summary>
public sealed class BrowserClock(IJSRuntime js, TimeProvider time)
{
    private TimeZoneInfo? _zone;

    /// <summary>Asks the browser for its time zone, once. UTC when it does not say one that is known here.</summary>
    public async Task StartAsync()
    {
        if (_zone is not null) return;
        if (await js.TryAskAsync<string>("keyservice.timeZone") is { } id) _zone = TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
    }

    /// <summary>Such as <c>26 Nov 2026, 15:04:09 (UTC+01:00)</c>.</summary>
    public string Exact(Timestamp moment)
    {
        var local = Local(moment);
        var offset = local.Offset == TimeSpan.Zero ? "UTC" : $"UTC{(local.Offset < TimeSpan.Zero ? '-' : '+')}{local.Offset:hh\\:mm}";
        return $"{local.ToString("d MMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture)} ({offset})";
    }

    /// <summary>Such as <c>26 Nov 2026</c>.</summary>
    public string Day(Timestamp moment) => Local(moment).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>15:04:09</c>.</summary>
    public string TimeOfDay(Timestamp moment) => Local(moment).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>3 minutes ago</c>, or <c>in 2 days</c>.</summary>
    public string Relative(Timestamp moment)
    {
        var passed = time.GetUtcNow() - moment.ToDateTimeOffset();
        return passed < TimeSpan.Zero ? $"in {Length(-passed)}" : passed < TimeSpan.FromSeconds(10) ? "just now" : $"{Length(passed)} ago";
    }

    /// <summary>The first moment of a day of the person's calendar.</summary>
    public DateTimeOffset StartOf(DateTime day)
    {
        var zone = _zone ?? TimeZoneInfo.Utc;
        var local = DateTime.SpecifyKind(day.Date, DateTimeKind.Unspecified);
        // Where clocks jump at midnight that moment does not exist.
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        return new(local, zone.GetUtcOffset(local));
    }

    /// <summary>Today by the person's calendar.</summary>
    public DateTime Today => Local(Timestamp.FromDateTimeOffset(time.GetUtcNow())).Date;

    private DateTimeOffset Local(Timestamp moment) => TimeZoneInfo.ConvertTime(moment.ToDateTimeOffset(), _zone ?? TimeZoneInfo.Utc);

    private static string Length(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => Count((int)span.TotalSeconds, "second"),
        { TotalMinutes: < 60 } => Count((int)span.TotalMinutes, "minute"),
        { TotalHours: < 24 } => Count((int)span.TotalHours, "hour"),
        { TotalDays: < 30 } => Count((int)span.TotalDays, "day"),
        { TotalDays: < 365 } => Count((int)(span.TotalDays / 30), "month"),
        _ => Count((int)(span.TotalDays / 365), "year"),
    };

    private static string Count(int count, string unit) => count == 1 ? $"1 {unit}" : $"{count} {unit}s";
}
