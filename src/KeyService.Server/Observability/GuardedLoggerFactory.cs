using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace KeyService.Server.Observability;

/// <summary>
/// Stands in front of every logger, the framework's too: each line is limited in rate (<see cref="LogLimiter"/>) and made safe (<see cref="LogText"/>) before
/// any provider or formatter gets it. Levels, providers and formatters stay the operator's choice.
/// </summary>
internal sealed class GuardedLoggerFactory : ILoggerFactory
{
    private const string OwnCategories = "KeyService";

    /// <summary>
    /// The framework's request lines, at Information. It begins an activity and a log scope for each request where
    /// this category is enabled at Critical.
    /// </summary>
    private const string Requests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    private readonly LoggerFactory _inner;
    private readonly LogLimiter _limiter;

    public GuardedLoggerFactory(
        IEnumerable<ILoggerProvider> providers, IOptionsMonitor<LoggerFilterOptions> filters, IOptions<LoggerFactoryOptions> options, LogLimiter limiter)
    {
        ILoggerProvider[] all = [.. providers];
        // The framework's scopes, with the activity's ids as they are configured: it hands them to a provider only.
        var scopes = new ScopesOfFramework();
        new LoggerFactory([scopes], filters, options).Dispose();
        _inner = new(all, filters, options, scopes.Provider);
        foreach (var provider in all.OfType<ISupportExternalScope>()) provider.SetScopeProvider(new SafeScopes(scopes.Provider!));
        _limiter = limiter;
        limiter.WriteTo(_inner.CreateLogger<LogLimiter>());
    }

    public ILogger CreateLogger(string categoryName) => new GuardedLogger(
        _inner.CreateLogger(categoryName), categoryName, _limiter, IsOwn(categoryName) ? LogTextRules.None : RulesOf(categoryName));

    public void AddProvider(ILoggerProvider provider) => _inner.AddProvider(provider);

    public void Dispose() => _inner.Dispose();

    private static bool IsOwn(string category) => category.StartsWith(OwnCategories, StringComparison.Ordinal);

    private static LogTextRules RulesOf(string category)
    {
        // Its statements have question marks in the place of values.
        if (category.StartsWith("Microsoft.EntityFrameworkCore", StringComparison.Ordinal)) return LogTextRules.NoHeaders;
        return category.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) ? LogTextRules.All : LogTextRules.NoQueries | LogTextRules.NoHeaders;
    }

    private sealed class GuardedLogger(ILogger inner, string category, LogLimiter limiter, LogTextRules rules) : ILogger
    {
        private readonly bool _isOwn = IsOwn(category);
        private readonly bool _isRequests = category == Requests;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        /// <summary>
        /// Activities and scopes of requests cost 900 bytes and a fifth of a validation's CPU time: they begin only
        /// where request lines are written.
        /// </summary>
        public bool IsEnabled(LogLevel logLevel) =>
            inner.IsEnabled(_isRequests && logLevel == LogLevel.Critical ? LogLevel.Information : logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel) || !limiter.Admits(category, eventId, logLevel, _isOwn)) return;
            try
            {
                inner.Log(
                    logLevel, eventId, LogLine.Of(state, () => formatter(state, exception), rules),
                    exception is null ? null : new LoggedException(exception, rules | LogTextRules.NoQueries), LogLine.Formatter);
            }
            catch (Exception)
            {
                // A line is lost: a provider that fails must not end a call, a background service or, from a timer, the process.
            }
        }
    }

    /// <summary>Takes the scope provider that a logger factory makes for itself.</summary>
    private sealed class ScopesOfFramework : ILoggerProvider, ISupportExternalScope
    {
        public IExternalScopeProvider? Provider { get; private set; }

        public ILogger CreateLogger(string categoryName) => Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => Provider = scopeProvider;

        public void Dispose()
        {
            // Nothing is kept.
        }
    }

    /// <summary>Scopes are made safe when they are written: each request begins one, and by default none is written.</summary>
    private sealed class SafeScopes(IExternalScopeProvider inner) : IExternalScopeProvider
    {
        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) => inner.ForEachScope(
            static (scope, given) => given.callback(LogLine.OfScope(scope, LogTextRules.NoQueries | LogTextRules.NoHeaders), given.state), (callback, state));

        public IDisposable Push(object? state) => inner.Push(state);
    }
}

internal static class GuardedLogging
{
    /// <summary>In place of the framework's logger factory.</summary>
    public static IServiceCollection AddGuardedLogging(this IServiceCollection services)
    {
        services.AddLogging().AddMetrics().AddSingleton<LogLimiter>();
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, GuardedLoggerFactory>());
        return services;
    }
}
