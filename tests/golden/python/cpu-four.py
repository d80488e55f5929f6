# Run: python3.14 example.py

from concurrent.futures import ThreadPoolExecutor

# How far to count: adjust it to your machine.
N = 480_000  # takes about 0.4 s in CPython


def count_primes(n):
    """Count the primes below n by trial division."""
    count = 1 if n > 2 else 0  # 2 is the only even prime
    for candidate in range(3, n, 2):
        divisor = 3
        while divisor * divisor <= candidate:
            if candidate % divisor == 0:
                break
            divisor += 2
        else:
            count += 1
    return count


def cpu_bound_function(parameter):
    """Simulate a CPU-bound function by counting primes."""
    print(f"cpu_bound_function called with argument {parameter}")
    count = count_primes(N)
    print(f"cpu_bound_function with argument {parameter} ended")
    return count


def example_cpu():
    """Submit a call for each argument to a ThreadPoolExecutor."""
    futures = []
    with ThreadPoolExecutor(max_workers=4) as executor:
        for i in range(4):
            futures.append(executor.submit(cpu_bound_function, i))
    print([future.result() for future in futures])


if __name__ == "__main__":
    example_cpu()
