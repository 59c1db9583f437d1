Console.WriteLine("KeyService");
