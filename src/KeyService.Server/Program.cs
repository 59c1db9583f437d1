using KeyService.Server.Hosting;

return await Commands.RunAsync(args);
