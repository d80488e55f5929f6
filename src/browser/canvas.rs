//! A chart's surface in the page: a 2D canvas, sharp on any screen.

use std::cell::RefCell;
use std::collections::HashMap;

use wasm_bindgen::prelude::*;
use web_sys::{CanvasPattern, CanvasRenderingContext2d, HtmlCanvasElement};

use crate::chart::{Align, FONT, Paint, Rect, Surface, Text, Texture};

/// A canvas whose backing store has `ratio` pixels for each CSS pixel.
pub struct Canvas {
    context: CanvasRenderingContext2d,
    ratio: f64,
}

/// What a pattern depends on: colour, texture and the bits of the pixel ratio.
type PatternKey = (&'static str, Texture, u64);

thread_local! {
    static PATTERNS: RefCell<HashMap<PatternKey, CanvasPattern>> = RefCell::default();
}

impl Canvas {
    /// Clears the canvas and draws on it from now on.
    pub fn new(context: CanvasRenderingContext2d, ratio: f64) -> Canvas {
        if let Some(canvas) = context.canvas() {
            let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
            context.clear_rect(0.0, 0.0, f64::from(canvas.width()), f64::from(canvas.height()));
        }
        Canvas { context, ratio }
    }

    /// All areas as one path, in pixels of the backing store.
    fn path(&self, areas: &[Rect]) {
        self.context.begin_path();
        for area in areas {
            let ratio = self.ratio;
            self.context.rect(area.x * ratio, area.y * ratio, area.width * ratio, area.height * ratio);
        }
    }

    fn pattern(&self, paint: &Paint) -> Option<CanvasPattern> {
        let key = (paint.ink, paint.texture, self.ratio.to_bits());
        if let Some(pattern) = PATTERNS.with(|patterns| patterns.borrow().get(&key).cloned()) {
            return Some(pattern);
        }
        let pattern = self.make_pattern(paint)?;
        PATTERNS.with(|patterns| patterns.borrow_mut().insert(key, pattern.clone()));
        Some(pattern)
    }

    /// The texture's tile, drawn in whole pixels of the backing store.
    fn make_pattern(&self, paint: &Paint) -> Option<CanvasPattern> {
        let tile = paint.texture.tile()?;
        let size = (tile.size * self.ratio).round().max(1.0);
        let canvas = self.context.canvas()?.owner_document()?.create_element("canvas").ok()?;
        let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
        canvas.set_width(size as u32);
        canvas.set_height(size as u32);
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let scale = size / tile.size;
        context.scale(scale, scale).ok()?;
        context.set_stroke_style_str(paint.ink);
        context.set_line_width(tile.line_width);
        context.begin_path();
        for [x1, y1, x2, y2] in tile.strokes {
            context.move_to(*x1, *y1);
            context.line_to(*x2, *y2);
        }
        context.stroke();
        self.context.create_pattern_with_html_canvas_element(&canvas, "repeat").ok()?
    }
}

impl Surface for Canvas {
    fn fill(&mut self, areas: &[Rect], paint: &Paint) {
        if areas.is_empty() {
            return;
        }
        self.path(areas);
        self.context.set_fill_style_str(paint.fill);
        self.context.fill();
        if let Some(pattern) = self.pattern(paint) {
            self.context.set_fill_style_canvas_pattern(&pattern);
            self.context.fill();
        }
    }

    fn text(&mut self, text: &Text) {
        let ratio = self.ratio;
        self.context.set_font(&format!("{}px {FONT}", text.size * ratio));
        self.context.set_fill_style_str(text.color);
        self.context.set_text_align(match text.align {
            Align::Start => "left",
            Align::Middle => "center",
            Align::End => "right",
        });
        // Squeezed by the browser, where its font is wider than layout thought.
        let _ =
            self.context.fill_text_with_max_width(text.text, text.x * ratio, text.y * ratio, text.max_width * ratio);
    }
}
