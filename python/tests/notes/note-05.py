# test: gil any-order
# On windows, this needs to run under main
from concurrent.futures import ProcessPoolExecutor
import time
from os import getpid

def io_bound_function(parameter):
    """
    Simulates an IO-bound function using time.sleep(3).
    """
    print(f"io_bound_function called with argument {parameter} using PID {getpid()}")
    time.sleep(3)
    print(f"io_bound_function with argument {parameter} using PID {getpid()} ended")
    return parameter


def example_process_pool():
    ppe = ProcessPoolExecutor(max_workers=5)
    futures = []
    for i in range(1,11):
        futures.append(ppe.submit(io_bound_function, i))
    print([future.result() for future in futures])        
    return futures

if __name__ == '__main__':
    futures = example_process_pool()
    for item in futures:
        print(item.result())
