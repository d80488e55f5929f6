//! Names in a Python program: which are taken, which Python refuses, which exceptions it has. It knows no workload.

use std::collections::HashSet;

/// Python's keywords, and the one name that it refuses like them.
const KEYWORDS: &str = "\
    False None True __debug__ and as assert async await break class continue def del elif else except finally \
    for from global if import in is lambda nonlocal not or pass raise return try while with yield";

/// What the program imports, defines or finds in Python under these names.
const USED: &str = "\
    InterpreterPoolExecutor ProcessPoolExecutor ThreadPoolExecutor _ _exit as_completed asyncio bytes count_primes float \
    get_context getpid list print range time zip __name__";

/// Exceptions of Python that take more than a message, or that end more than a call. A workload's exception of such a
/// name is none of these: it gets a class of its own.
const PECULIAR: &str = "\
    BaseExceptionGroup ExceptionGroup GeneratorExit KeyboardInterrupt StopAsyncIteration StopIteration SystemExit \
    UnicodeDecodeError UnicodeEncodeError UnicodeTranslateError";

/// Python's other exceptions: they are made with a message and nothing else.
const EXCEPTIONS: &str = "\
    ArithmeticError AssertionError AttributeError BaseException BlockingIOError BrokenPipeError BufferError \
    BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError \
    ConnectionResetError DeprecationWarning EOFError EncodingWarning Exception FileExistsError FileNotFoundError \
    FloatingPointError FutureWarning ImportError ImportWarning IndentationError IndexError InterruptedError \
    IsADirectoryError KeyError LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError \
    NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError \
    PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning \
    SyntaxError SyntaxWarning SystemError TabError TimeoutError TypeError UnboundLocalError UnicodeError \
    UnicodeWarning UserWarning ValueError Warning ZeroDivisionError";

/// Whether Python has this exception, to be raised with a message.
pub fn is_builtin_exception(class: &str) -> bool {
    EXCEPTIONS.split_whitespace().any(|known| known == class)
}

/// Names of one scope.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A module's, of which none is taken but those that Python and the program need.
    pub fn of_a_module() -> Names {
        Names {
            taken: [KEYWORDS, USED, PECULIAR, EXCEPTIONS]
                .iter()
                .flat_map(|names| names.split_whitespace())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Takes a name, changed if it must be.
    pub fn take(&mut self, wanted: &str) -> String {
        let name = self.free(wanted);
        self.taken.insert(name.clone());
        name
    }

    /// Takes a name, or the first of `_2`, `_3`, … that is free.
    pub fn take_numbered(&mut self, wanted: &str) -> String {
        let numbered = (2_u32..).map(|number| format!("{wanted}_{number}"));
        let name = std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !self.taken.contains(name));
        self.take(&name.unwrap_or_default())
    }

    /// The name that `take` would take.
    pub fn free(&self, wanted: &str) -> String {
        free(wanted, |name| self.taken.contains(name))
    }

    /// Names for a function's parameters, in their order: none hides what the function's body uses.
    pub fn parameters(&self, wanted: &[String]) -> Vec<String> {
        let mut own = HashSet::with_capacity(wanted.len());
        let parameter = |wanted: &String| {
            let name = free(wanted, |name| self.taken.contains(name) || own.contains(name));
            own.insert(name.clone());
            name
        };
        wanted.iter().map(parameter).collect()
    }
}

fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = spelled(wanted);
    while taken(&name) {
        name.push('_');
    }
    name
}

/// The name in letters that every Python takes and keeps as they are.
///
/// Python reads names in Unicode's form NFKC, so that some letters are others to it (`ſ` is `s`), and it refuses some
/// that Rust takes for letters or digits (`²`). What is not surely itself is spelled out: `x²` is `xu00b2`.
fn spelled(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => spelled.push(c),
            'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ı' | 'Ĵ'..='ľ' | 'Ł'..='ň' | 'Ŋ'..='ž' => spelled.push(c),
            'Α'..='Ρ' | 'Σ'..='ώ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ӿ' => spelled.push(c),
            'ぁ'..='ゖ' | 'ァ'..='ヺ' | '\u{4e00}'..='\u{9fef}' | '가'..='힣' => spelled.push(c),
            c => spelled += &format!("u{:04x}", c as u32),
        }
    }
    if spelled.starts_with(|c: char| c.is_ascii_digit()) || spelled.is_empty() {
        spelled.insert(0, '_');
    }
    spelled
}
