//! How much of what is printed is kept, and that the rest is counted.

use gilscope::time::Time;
use gilscope::trace::{
    BegunLine, Environment, Keeper, LONGEST_LINE, LeftOut, MOST_BYTES, MOST_LINES, Program, Stream, Trace,
};

fn trace() -> Trace {
    let program =
        Program { name: "example.py".to_owned(), gil: true, switch_interval: std::time::Duration::from_millis(5) };
    Trace::of_program(program, Environment::default())
}

#[test]
fn what_fits_is_kept_as_it_is() {
    let mut keeper = Keeper::default();
    for text in ["", "a", "é … \t", &"x".repeat(LONGEST_LINE)] {
        assert_eq!(keeper.keep(BegunLine::whole(text.to_owned())).as_deref(), Some(text));
    }
    assert_eq!(keeper.take_left_out(), LeftOut::default());
}

#[test]
fn a_long_line_is_cut_between_characters_and_says_so() {
    let text = "é".repeat(LONGEST_LINE);
    let mut written = BegunLine::default();
    for piece in text.as_bytes().chunks(1000) {
        written.push(std::str::from_utf8(piece).expect("two bytes each"));
    }
    for line in [written, BegunLine::whole(text.clone())] {
        let mut keeper = Keeper::default();
        let kept = keeper.keep(line).expect("its beginning");
        let (beginning, note) = kept.split_once(" … and ").expect("it says that there is more");
        assert!(text.starts_with(beginning) && beginning.len() > LONGEST_LINE / 2 && kept.len() <= LONGEST_LINE);
        let cut = text.len() - beginning.len();
        assert_eq!(note, format!("{cut} bytes more"));
        assert_eq!(keeper.take_left_out(), LeftOut { lines: 0, bytes: cut as u64 });
        // Whoever keeps it a second time leaves it as it is.
        assert_eq!(Keeper::default().keep(BegunLine::whole(kept.clone())), Some(kept));
    }
}

#[test]
fn of_too_many_lines_the_first_are_kept() {
    let mut trace = trace();
    for line in 0..MOST_LINES + 5 {
        trace.print(Time::from_nanos(line as u64), 0, Stream::Stdout, line.to_string());
    }
    assert_eq!(trace.output.len(), MOST_LINES);
    assert_eq!(trace.output.last().map(|line| line.text.as_str()), Some((MOST_LINES - 1).to_string().as_str()));
    assert_eq!(trace.left_out, LeftOut { lines: 5, bytes: 25 });
    // A traceback is still told.
    trace.print(Time::from_nanos(1 << 40), 0, Stream::Stderr, "ValueError: no".to_owned());
    assert_eq!(trace.output.last().map(|line| line.text.as_str()), Some("ValueError: no"));
}

#[test]
fn of_too_much_text_the_first_is_kept_and_nothing_after_a_gap() {
    let mut trace = trace();
    let line = "x".repeat(60_000);
    let fit = MOST_BYTES / line.len();
    for _ in 0..fit + 3 {
        trace.print(Time::ZERO, 0, Stream::Stdout, line.clone());
    }
    trace.print(Time::ZERO, 0, Stream::Stdout, "short".to_owned());
    assert_eq!(trace.output.len(), fit);
    assert_eq!(trace.left_out, LeftOut { lines: 4, bytes: 3 * 60_000 + 5 });
}
