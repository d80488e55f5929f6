"""Check programs without running them.

Reads a JSON list of [name, program] pairs. Each must compile without a
warning, use each name that it imports, and define each name that it uses.
"""

import ast
import builtins
import json
import symtable
import sys
import warnings


def scopes(table):
    yield table
    for child in table.get_children():
        yield from scopes(child)


def problems(program):
    try:
        compile(program, "program", "exec", dont_inherit=True)
    except (SyntaxError, SyntaxWarning, DeprecationWarning) as error:
        return [f"{type(error).__name__}: {error}"]
    module = symtable.symtable(program, "program", "exec")
    defined = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    defined |= {child.get_name() for child in module.get_children()}
    used = set()
    found = []
    for table in scopes(module):
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_referenced() and (symbol.is_global() or table is module):
                used.add(name)
                if name not in defined and not hasattr(builtins, name) and name != "__name__":
                    found.append(f"{name} is not defined")
            elif symbol.is_local() and symbol.is_referenced() and not (symbol.is_assigned() or symbol.is_parameter()):
                found.append(f"{name} is never assigned")
    for node in ast.parse(program).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if (alias.asname or alias.name) not in used:
                    found.append(f"{alias.name} is imported but not used")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name not in used:
            found.append(f"{node.name} is defined but not used")
    return found


warnings.simplefilter("error")
wrong = 0
for name, program in json.load(sys.stdin):
    for problem in problems(program):
        wrong += 1
        print(f"{name}: {problem}\n{program[:4000]}\n")
sys.exit(1 if wrong else 0)
