"""What every program here ends with: the counterpart of programs/bench.sld. The runner compares the result."""
import sys
import time


def benchmark(run):
    sys.setrecursionlimit(1_000_000)
    size = int(sys.argv[1])
    start = time.process_time()
    result = run(size)
    print("cpu", time.process_time() - start)
    print("result", result)
