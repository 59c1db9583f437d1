using Xunit.Sdk;
using Xunit.v3;

// A cluster takes the whole machine: side by side, tests would slow each other and call that a fault.
[assembly: Parallelization(Mode = ParallelMode.None)]
