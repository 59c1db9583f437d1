# Builds the image: the server and all of its commands. deploy/README.md says how to run it.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src

# What restore reads comes first: this layer stays cached until a package changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/KeyService.Contracts/KeyService.Contracts.csproj src/KeyService.Contracts/packages.lock.json src/KeyService.Contracts/
COPY src/KeyService.Console/KeyService.Console.csproj src/KeyService.Console/packages.lock.json src/KeyService.Console/
COPY src/KeyService.Server/KeyService.Server.csproj src/KeyService.Server/packages.lock.json src/KeyService.Server/
RUN dotnet restore src/KeyService.Server --locked-mode

# The two root files carry analyzer rules; without them warnings that the project turns off would fail the build.
COPY .editorconfig BannedSymbols.txt ./
COPY protos protos
COPY src src
RUN dotnet publish src/KeyService.Server -c Release -o /app --no-restore

# The final image has no shell to make a folder with.
RUN mkdir /data

# Chiseled: no shell, no package manager. Extra: with ICU, which the SQL Server client needs.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra
WORKDIR /app
COPY --from=build /app /app
# A new named volume takes over the owner of the folder it covers, so the service can write it.
COPY --from=build --chown=$APP_UID:$APP_UID /data /data

# EnableDiagnostics: the diagnostics socket would be written to /tmp, and lets whoever reaches it dump memory with keys in it.
# HTTP_PORTS: the base image sets it; the server has ports of its own and would warn at every start.
ENV DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_HTTP_PORTS= \
    KeyService__BindAddress=0.0.0.0 \
    KeyService__DataDirectory=/data

USER $APP_UID
VOLUME ["/data"]
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["dotnet", "/app/KeyService.Server.dll", "health"]
ENTRYPOINT ["dotnet", "/app/KeyService.Server.dll"]
