//! What the page says, in the reader's language: the catalog, its plurals, times and numbers.
//!
//! The catalog is a flat JSON file per language. Plurals, dates and numbers are the browser's
//! `Intl`, so no locale data is shipped. Texts are read when a view is built; changing the language
//! builds the page anew, which is why no text is reactive.

mod format;

use std::cell::RefCell;

use gloo_net::http::Request;
use js_sys::Intl;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use shared::incidents::within_a_sentence;

use crate::ui::browser;

pub(crate) use format::{
    bytes, characters, clock_and_day, day, exact_span, full, number, prepare, short_age, span,
    spoken_day,
};

/// The languages there are catalogs for; the first is the fallback.
pub const LANGUAGES: [(&str, &str); 2] = [("en", "English"), ("de", "Deutsch")];

const STORED: &str = "holdfast-language";

thread_local! {
    static SPOKEN: RefCell<Spoken> = RefCell::new(Spoken::default());
}

#[derive(Default)]
struct Spoken {
    language: String,
    /// The catalog as the browser read it.
    texts: JsValue,
    plurals: Option<Intl::PluralRules>,
}

/// A text of the catalog, with `{name}` replaced by the values given; see [`fill`].
macro_rules! t {
    ($key:literal $(,)?) => {
        $crate::text::plain($key)
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::text::fill($key, &[$((stringify!($name), &$value as &dyn $crate::text::Filling)),+])
    };
}
pub(crate) use t;

/// What a text can be filled with. A count chooses the plural form.
pub trait Filling {
    fn text(&self) -> String;

    fn count(&self) -> Option<f64> {
        None
    }
}

impl Filling for String {
    fn text(&self) -> String {
        self.as_str().text()
    }
}

impl Filling for &str {
    fn text(&self) -> String {
        within_a_sentence(self).into_owned()
    }
}

impl Filling for u32 {
    fn text(&self) -> String {
        // The first formatter costs a page 20 ms, and most counts are written alike everywhere.
        if *self < 1_000 {
            return self.to_string();
        }
        number(f64::from(*self))
    }

    fn count(&self) -> Option<f64> {
        Some(f64::from(*self))
    }
}

impl Filling for usize {
    fn text(&self) -> String {
        u32::try_from(*self).unwrap_or(u32::MAX).text()
    }

    fn count(&self) -> Option<f64> {
        u32::try_from(*self).ok().map(f64::from)
    }
}

/// The text under this key; the key itself when the catalog could not be loaded.
pub fn plain(key: &str) -> String {
    find(key).unwrap_or_else(|| key.to_owned())
}

/// The text under this key, in the plural form of the first count, with its names filled in.
pub fn fill(key: &str, values: &[(&str, &dyn Filling)]) -> String {
    let count = values.iter().find_map(|(_, value)| value.count());
    let plural = count.and_then(|count| find(&format!("{key}.{}", plural_form(count))));
    let other = || count.and_then(|_| find(&format!("{key}.other")));
    let mut text = plural.or_else(other).unwrap_or_else(|| plain(key));
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), &value.text());
    }
    text
}

fn find(key: &str) -> Option<String> {
    let key = JsValue::from_str(key);
    SPOKEN.with_borrow(|spoken| Reflect::get(&spoken.texts, &key).ok()?.as_string())
}

fn plural_form(count: f64) -> String {
    SPOKEN.with_borrow(|spoken| {
        let form = spoken.plurals.as_ref().map(|rules| rules.select(count));
        form.and_then(|form| JsValue::from(form).as_string())
            .unwrap_or_else(|| "other".to_owned())
    })
}

/// The language spoken now.
pub fn language() -> String {
    SPOKEN.with_borrow(|spoken| spoken.language.clone())
}

/// How dates and numbers are written: as the browser does if it speaks the language too, so that a
/// reader of English in Amsterdam need not count to twelve.
fn locale() -> String {
    let language = language();
    let own = browser::language().filter(|own| own.to_ascii_lowercase().starts_with(&language));
    own.unwrap_or_else(|| {
        if language == "en" {
            "en-GB".to_owned()
        } else {
            language
        }
    })
}

/// The language to speak: chosen on this device, else the person's, else the browser's.
pub fn preferred(person: Option<&str>) -> &'static str {
    let chosen = browser::stored(STORED);
    let wanted = chosen
        .or_else(|| person.map(ToOwned::to_owned))
        .or_else(browser::language);
    let wanted = wanted.unwrap_or_default().to_ascii_lowercase();
    let known = LANGUAGES.iter().find(|(code, _)| wanted.starts_with(code));
    known.map_or(LANGUAGES[0].0, |(code, _)| code)
}

/// Remembers a choice of language on this device.
pub fn choose(language: &str) {
    browser::store(STORED, Some(language));
}

/// Loads a catalog and speaks it from now on.
pub async fn speak(language: &'static str) {
    let texts = load(language).await;
    browser::set_page_attribute("lang", language);
    let locales = Array::of1(&JsValue::from_str(language));
    let plurals = Intl::PluralRules::new(&locales, &Object::new());
    format::forget();
    SPOKEN.with_borrow_mut(|spoken| {
        let texts = texts.unwrap_or_else(|| std::mem::take(&mut spoken.texts));
        *spoken = Spoken {
            language: language.to_owned(),
            texts,
            plurals: Some(plurals),
        };
    });
}

async fn load(language: &str) -> Option<JsValue> {
    let url = browser::meta(&format!("holdfast-text-{language}"))?;
    let response = Request::get(&url).send().await.ok()?;
    if !response.ok() {
        return None;
    }
    let catalog = web_sys::Response::from(response).json().ok()?;
    JsFuture::from(catalog).await.ok()
}
