//! The rows that are in the page, drawn by hand.
//!
//! # Design
//! Question: why no views here? Answer: a letter typed or a page of a first sync changes all rows
//! that are seen, thirty at once. A view takes such a row apart and builds it anew; here what a row
//! says is compared with what stands there, and only what differs is written. Texts go in as texts,
//! never as markup. Rejected: a signal for each part of each row, which costs as much where
//! everything changes.

use std::collections::BTreeMap;
use std::ops::Range;

use leptos::prelude::document;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlElement};

/// What a row says.
#[derive(Clone, PartialEq)]
pub(super) struct Face {
    pub priority: &'static str,
    pub subject: Vec<Piece>,
    pub age: Age,
    pub meta: Vec<Piece>,
    /// Signs with their words.
    pub marks: Vec<(Option<&'static str>, String)>,
}

/// Some of a text.
#[derive(Clone, PartialEq)]
pub(super) struct Piece {
    pub text: String,
    /// Whether it is what somebody looked for.
    pub is_found: bool,
}

/// How much time is left; of an incident that nothing is awaited of, how old it is.
#[derive(Clone, PartialEq)]
pub(super) struct Age {
    pub short: String,
    pub title: String,
    pub level: Option<Level>,
}

/// A clock as a bar.
#[derive(Clone, PartialEq)]
pub(super) struct Level {
    pub risk: &'static str,
    pub is_paused: bool,
    /// How much of the target is used up, in percent.
    pub used: i64,
}

/// The rows in the page, by their place in the list.
#[derive(Default)]
pub(super) struct Drawing {
    rows: BTreeMap<usize, Drawn>,
    row_height: f64,
}

/// A row in the page and what it says.
struct Drawn {
    row: HtmlElement,
    subject: Element,
    priority: Element,
    age: Element,
    meta: Element,
    marks: Element,
    face: Option<Face>,
    is_selected: bool,
    of: usize,
}

impl Drawing {
    /// Shows the rows of some places, and no others.
    ///
    /// # Errors
    /// The page is being taken down.
    pub(super) fn show(
        &mut self,
        list: &Element,
        places: Range<usize>,
        row_height: f64,
        of: usize,
        look: impl Fn(usize) -> Option<(Face, bool)>,
    ) -> Result<(), JsValue> {
        // Another height puts every row elsewhere.
        let is_same_height = (self.row_height - row_height).abs() < f64::EPSILON;
        self.row_height = row_height;
        self.rows.retain(|place, drawn| {
            let stays = is_same_height && places.contains(place);
            if !stays {
                drawn.row.remove();
            }
            stays
        });
        for place in places {
            let Some((face, is_selected)) = look(place) else {
                if let Some(drawn) = self.rows.remove(&place) {
                    drawn.row.remove();
                }
                continue;
            };
            if !self.rows.contains_key(&place) {
                let drawn = Drawn::new(place, row_height)?;
                let next = self.rows.range(place..).next();
                let next = next.map(|(_, next)| next.row.as_ref());
                list.insert_before(&drawn.row, next)?;
                self.rows.insert(place, drawn);
            }
            if let Some(drawn) = self.rows.get_mut(&place) {
                drawn.take_place(of, is_selected)?;
                drawn.show(face)?;
            }
        }
        Ok(())
    }
}

impl Drawn {
    fn new(place: usize, row_height: f64) -> Result<Self, JsValue> {
        let row: HtmlElement = document().create_element("div")?.unchecked_into();
        row.set_class_name("row");
        row.set_id(&super::row_name(place));
        for (name, value) in [("role", "option"), ("data-testid", "row")] {
            row.set_attribute(name, value)?;
        }
        row.set_attribute("aria-selected", "false")?;
        row.set_attribute("aria-posinset", &(place + 1).to_string())?;
        let top = super::as_pixels(place) * row_height;
        let down = format!("translateY({top}px)");
        row.style().set_property("transform", &down)?;
        Ok(Self {
            priority: part(&row, "priority")?,
            subject: part(&row, "subject")?,
            age: part(&row, "age")?,
            meta: part(&row, "meta")?,
            marks: part(&row, "marks")?,
            row,
            face: None,
            is_selected: false,
            of: 0,
        })
    }

    fn take_place(&mut self, of: usize, is_selected: bool) -> Result<(), JsValue> {
        if self.of != of {
            self.row.set_attribute("aria-setsize", &of.to_string())?;
            self.of = of;
        }
        if self.is_selected != is_selected {
            let word = if is_selected { "true" } else { "false" };
            self.row.set_attribute("aria-selected", word)?;
            self.is_selected = is_selected;
        }
        Ok(())
    }

    fn show(&mut self, face: Face) -> Result<(), JsValue> {
        let before = self.face.as_ref();
        let differs =
            |is_same: fn(&Face, &Face) -> bool| before.is_none_or(|before| !is_same(before, &face));
        if differs(|one, other| one.priority == other.priority) {
            self.priority
                .set_attribute("data-priority", face.priority)?;
            self.priority.set_text_content(Some(face.priority));
        }
        if differs(|one, other| one.subject == other.subject) {
            write(&self.subject, &face.subject)?;
        }
        if differs(|one, other| one.age == other.age) {
            write_age(&self.age, &face.age)?;
        }
        if differs(|one, other| one.meta == other.meta) {
            write(&self.meta, &face.meta)?;
        }
        if differs(|one, other| one.marks == other.marks) {
            write_marks(&self.marks, &face.marks)?;
        }
        self.face = Some(face);
        Ok(())
    }
}

fn part(row: &Element, class: &str) -> Result<Element, JsValue> {
    let part = document().create_element("span")?;
    part.set_class_name(class);
    row.append_with_node_1(&part)?;
    Ok(part)
}

fn write(element: &Element, pieces: &[Piece]) -> Result<(), JsValue> {
    element.set_text_content(None);
    for piece in pieces {
        if piece.is_found {
            let mark = document().create_element("mark")?;
            mark.set_text_content(Some(&piece.text));
            element.append_with_node_1(&mark)?;
        } else {
            element.append_with_str_1(&piece.text)?;
        }
    }
    Ok(())
}

fn write_age(element: &Element, age: &Age) -> Result<(), JsValue> {
    element.set_attribute("title", &age.title)?;
    element.set_text_content(Some(&age.short));
    let Some(level) = &age.level else {
        element.remove_attribute("data-risk")?;
        return element.remove_attribute("data-paused");
    };
    element.set_attribute("data-risk", level.risk)?;
    element.set_attribute("data-paused", &level.is_paused.to_string())?;
    let bar = part(element, "level")?;
    bar.set_attribute("aria-hidden", "true")?;
    let filled: HtmlElement = document().create_element("i")?.unchecked_into();
    let used = format!("{}%", level.used);
    filled.style().set_property("inline-size", &used)?;
    bar.append_with_node_1(&filled)
}

fn write_marks(element: &Element, marks: &[(Option<&'static str>, String)]) -> Result<(), JsValue> {
    element.set_text_content(None);
    for (sign, words) in marks {
        let mark = document().create_element("span")?;
        if let Some(sign) = sign {
            mark.set_attribute("data-mark", sign)?;
        }
        mark.set_text_content(Some(words));
        element.append_with_node_1(&mark)?;
    }
    Ok(())
}
