//! Laying out Python code within PEP 8's 79 columns: what fits stays on one line, what does not is broken within its
//! brackets. It knows no workload and hardly any Python.

/// PEP 8's line length.
const WIDTH: usize = 79;

/// A piece of code.
#[derive(Clone, Debug)]
pub enum Node {
    /// Stays as it is.
    Text(String),
    /// A string literal: a long one is written as several that Python joins, which it does only within brackets.
    Literal(super::text::Literal),
    /// Something before another piece, as `key=`.
    Keyed(String, Box<Node>),
    /// Something after another piece, as `.result()`.
    Ended(Box<Node>, &'static str),
    /// Pieces in brackets.
    Group {
        /// What opens it: `function(`.
        open: String,
        /// What is in it.
        items: Vec<Node>,
        /// What closes it.
        close: &'static str,
        /// What is between its pieces.
        between: Between,
    },
}

/// What is between the pieces of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Commas; when broken, all on one line if they fit there, else a line for each.
    Commas,
    /// Commas; when broken, as many to a line as fit.
    Filled,
    /// Commas, and always a line for each.
    Lines,
    /// Spaces: a generator expression.
    Spaces,
}

impl Node {
    /// Code that stays as it is.
    pub fn text(text: impl Into<String>) -> Node {
        Node::Text(text.into())
    }

    /// Pieces in brackets.
    pub fn group(open: impl Into<String>, items: Vec<Node>, close: &'static str, between: Between) -> Node {
        Node::Group { open: open.into(), items, close, between }
    }

    /// The code on one line.
    pub fn flat(&self) -> String {
        match self {
            Node::Text(text) => text.clone(),
            Node::Literal(literal) => literal.flat(),
            Node::Keyed(key, node) => key.clone() + &node.flat(),
            Node::Ended(node, end) => node.flat() + end,
            Node::Group { open, items, close, between } => format!("{open}{}{close}", join(items, *between)),
        }
    }

    /// Whether it cannot be on one line.
    fn must_break(&self) -> bool {
        match self {
            Node::Text(_) | Node::Literal(_) => false,
            Node::Keyed(_, node) | Node::Ended(node, _) => node.must_break(),
            Node::Group { items, between, .. } => *between == Between::Lines || items.iter().any(Node::must_break),
        }
    }
}

fn join(items: &[Node], between: Between) -> String {
    let separator = if between == Between::Spaces { " " } else { ", " };
    items.iter().map(Node::flat).collect::<Vec<_>>().join(separator)
}

/// Lines of code.
#[derive(Clone, Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// A line as it is, indented so many times.
    pub fn line(&mut self, indent: usize, line: impl AsRef<str>) {
        self.text.extend(std::iter::repeat_n("    ", indent));
        self.text += line.as_ref();
        self.text.push('\n');
    }

    /// Empty lines.
    pub fn blank(&mut self, lines: usize) {
        self.text.extend(std::iter::repeat_n('\n', lines));
    }

    /// A piece of code between `lead` and `tail`, on as many lines as it needs.
    pub fn node(&mut self, indent: usize, lead: &str, node: &Node, tail: &str) {
        if !node.must_break() {
            let flat = format!("{lead}{}{tail}", node.flat());
            if fits(indent, &flat) || matches!(node, Node::Text(_)) {
                self.line(indent, flat);
                return;
            }
        }
        match node {
            Node::Text(text) => self.line(indent, format!("{lead}{text}{tail}")),
            Node::Keyed(key, node) => self.node(indent, &format!("{lead}{key}"), node, tail),
            Node::Ended(node, end) => self.node(indent, lead, node, &format!("{end}{tail}")),
            Node::Literal(literal) => {
                let parts = literal.split(WIDTH.saturating_sub(4 * indent + tail.len()));
                for (i, part) in parts.iter().enumerate() {
                    let lead = if i == 0 { lead } else { "" };
                    let tail = if i + 1 == parts.len() { tail } else { "" };
                    self.line(indent, format!("{lead}{part}{tail}"));
                }
            }
            Node::Group { open, items, close, between } => {
                self.line(indent, format!("{lead}{open}"));
                self.items(indent + 1, items, *between, *close == ")");
                self.line(indent, format!("{close}{tail}"));
            }
        }
    }

    fn items(&mut self, indent: usize, items: &[Node], between: Between, call: bool) {
        let breaks = items.iter().any(Node::must_break);
        match between {
            Between::Spaces => {
                for item in items {
                    self.node(indent, "", item, "");
                }
            }
            Between::Filled => {
                let mut line = String::new();
                for item in items.iter().map(Node::flat) {
                    if !line.is_empty() && !fits(indent, &format!("{line} {item},")) {
                        self.line(indent, std::mem::take(&mut line));
                    }
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line += &item;
                    line.push(',');
                }
                self.line(indent, line);
            }
            Between::Commas if call && !breaks && fits(indent, &join(items, between)) => {
                self.line(indent, join(items, between));
            }
            Between::Commas | Between::Lines => {
                // A call's only argument needs no comma.
                let comma = if call && items.len() == 1 { "" } else { "," };
                for item in items {
                    self.node(indent, "", item, comma);
                }
            }
        }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }
}

fn fits(indent: usize, line: &str) -> bool {
    4 * indent + line.chars().count() <= WIDTH
}
