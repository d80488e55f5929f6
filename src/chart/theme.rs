//! Colours and textures. A state is told by both, so that nobody needs to tell red from green.

use crate::trace::State;

/// How an area is filled: a colour, and a texture drawn over it in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Paint {
    /// The colour below, as CSS and SVG write it: `#rrggbb`.
    pub fill: &'static str,
    /// The colour of the texture's strokes.
    pub ink: &'static str,
    /// The texture.
    pub texture: Texture,
}

/// A texture: strokes on a tile that repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Texture {
    /// None.
    Plain,
    /// Diagonal lines that rise to the right.
    Hatched,
    /// Diagonal lines that fall to the right.
    HatchedBack,
    /// Dots.
    Dotted,
    /// Vertical stripes.
    Striped,
}

/// The tile of a texture, in CSS pixels. Tiles lie on one grid for the whole chart, from its left upper corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tile {
    /// Its width and height.
    pub size: f64,
    /// Its strokes, with butt ends; parts beyond the tile are cut off.
    pub strokes: &'static [Stroke],
    /// How wide the strokes are.
    pub line_width: f64,
}

/// A straight stroke: x and y of its start, x and y of its end, in CSS pixels from the tile's left upper corner.
pub type Stroke = [f64; 4];

impl Texture {
    /// The tile to draw; none where there is no texture.
    #[must_use]
    pub fn tile(self) -> Option<Tile> {
        let (size, strokes, line_width): (f64, &'static [Stroke], f64) = match self {
            Texture::Plain => return None,
            // The corners' strokes make the diagonal whole where tiles meet.
            Texture::Hatched => (5.0, &[[-1.0, 6.0, 6.0, -1.0], [-1.0, 1.0, 1.0, -1.0], [4.0, 6.0, 6.0, 4.0]], 1.2),
            Texture::HatchedBack => (5.0, &[[-1.0, -1.0, 6.0, 6.0], [4.0, -1.0, 6.0, 1.0], [-1.0, 4.0, 1.0, 6.0]], 1.2),
            Texture::Dotted => (5.0, &[[0.0, 1.0, 1.5, 1.0], [2.5, 3.5, 4.0, 3.5]], 1.5),
            Texture::Striped => (4.0, &[[1.0, 0.0, 1.0, 4.0]], 2.0),
        };
        Some(Tile { size, strokes, line_width })
    }
}

/// All colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theme {
    /// Behind the chart. The surface is cleared with it, or left transparent on a page of that colour.
    pub background: &'static str,
    /// Names and titles.
    pub ink: &'static str,
    /// What is said beside: the axis, process numbers.
    pub muted: &'static str,
    /// Grid lines.
    pub grid: &'static str,
    /// The line over a task's whole extent.
    pub task: &'static str,
    /// The line where a run was stopped or failed.
    pub end: &'static str,
    /// The states, in the order of `State::ALL`.
    states: [Paint; State::ALL.len()],
    /// Who holds the GIL: the main thread, then the others in turn.
    holders: [Paint; 9],
}

impl Theme {
    /// Dark on light.
    pub const LIGHT: Theme = Theme {
        background: "#ffffff",
        ink: "#1f2630",
        muted: "#5d6673",
        grid: "#e6e9ee",
        task: "#8a94a3",
        end: "#b00020",
        states: [
            paint("#23924f", "#23924f", Texture::Plain),
            paint("#fbd0cb", "#d6473a", Texture::Hatched),
            paint("#cdbcf0", "#8f72d6", Texture::Dotted),
            paint("#f3dfa9", "#a87812", Texture::HatchedBack),
            paint("#2f6fd6", "#2f6fd6", Texture::Plain),
            paint("#d3d8df", "#a3acb8", Texture::Striped),
            paint("#f0f2f5", "#f0f2f5", Texture::Plain),
        ],
        holders: [
            solid("#59636f", WHITE),
            solid("#3b82c4", WHITE),
            solid("#e39b1f", BLACK),
            solid("#157f86", WHITE),
            solid("#b9628f", WHITE),
            solid("#7ac0e8", BLACK),
            solid("#8a6a3c", WHITE),
            solid("#5b5fc0", WHITE),
            solid("#c9b458", BLACK),
        ],
    };

    /// Light on dark.
    pub const DARK: Theme = Theme {
        background: "#12161c",
        ink: "#e8ecf2",
        muted: "#9aa5b4",
        grid: "#262d37",
        task: "#75808f",
        end: "#ff6b6b",
        states: [
            paint("#3fc177", "#3fc177", Texture::Plain),
            paint("#52201f", "#e0635a", Texture::Hatched),
            paint("#43376b", "#8d78d2", Texture::Dotted),
            paint("#4a3a12", "#d1a13a", Texture::HatchedBack),
            paint("#5b9bff", "#5b9bff", Texture::Plain),
            paint("#333b47", "#596473", Texture::Striped),
            paint("#1b212a", "#1b212a", Texture::Plain),
        ],
        holders: [
            solid("#8d97a5", BLACK),
            solid("#3f7fb8", WHITE),
            solid("#b9862a", BLACK),
            solid("#23797f", WHITE),
            solid("#a3587f", WHITE),
            solid("#7aa9c8", BLACK),
            solid("#7d6340", WHITE),
            solid("#6165b8", WHITE),
            solid("#a6964f", BLACK),
        ],
    };

    /// How a state is painted.
    #[must_use]
    pub fn state(&self, state: State) -> &Paint {
        let place = State::ALL.iter().position(|other| *other == state).unwrap_or(0);
        &self.states[place]
    }

    /// How a holder of the GIL is painted: 0 is the main thread, the workers follow. The ink is for its name on it.
    #[must_use]
    pub fn holder(&self, holder: usize) -> Paint {
        let workers = self.holders.len() - 1;
        self.holders[holder.checked_sub(1).map_or(0, |worker| 1 + worker % workers)]
    }
}

const WHITE: &str = "#ffffff";
const BLACK: &str = "#0c1015";

impl Paint {
    /// A colour without a texture.
    #[must_use]
    pub const fn plain(color: &'static str) -> Paint {
        paint(color, color, Texture::Plain)
    }
}

const fn paint(fill: &'static str, ink: &'static str, texture: Texture) -> Paint {
    Paint { fill, ink, texture }
}

const fn solid(fill: &'static str, ink: &'static str) -> Paint {
    paint(fill, ink, Texture::Plain)
}

/// An entry of the legend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegendEntry {
    /// The state.
    pub state: State,
    /// What readers see.
    pub title: &'static str,
    /// How it is painted.
    pub paint: Paint,
}

/// The legend: every state, in its order.
#[must_use]
pub fn legend(theme: &Theme) -> Vec<LegendEntry> {
    let entry = |state: State| LegendEntry { state, title: state.title(), paint: *theme.state(state) };
    State::ALL.map(entry).into()
}
