//! The few things the page asks the browser for.

use js_sys::{Array, JsString, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CustomEvent, HtmlAnchorElement, HtmlElement, HtmlInputElement, MouseEvent, Storage, Url,
};

use shared::search::Span;
use shared::time::UnixMillis;

/// The content of a `<meta name=…>` of the page.
pub fn meta(name: &str) -> Option<String> {
    let element = document()
        .query_selector(&format!("meta[name='{name}']"))
        .ok()??;
    element.get_attribute("content")
}

/// The language the browser is set to.
pub fn language() -> Option<String> {
    window().navigator().language()
}

/// The device's wall clock.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds of any real date fit"
)]
pub fn now() -> UnixMillis {
    UnixMillis(js_sys::Date::now() as i64)
}

/// Random bytes.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let crypto = window().crypto();
    let drawn = crypto.and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    drawn.expect("every browser that runs WebAssembly has getRandomValues");
    bytes
}

/// The text in lower case; the browser has the tables of Unicode, which weigh much in wasm.
pub fn lower_case(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// The text in upper case; see [`lower_case`].
pub fn upper_case(text: &str) -> String {
    JsString::from(text).to_upper_case().into()
}

/// The text taken apart (NFKD) and in upper case, for the search; see [`lower_case`].
pub fn fold(text: &str) -> String {
    JsString::from(text)
        .normalize("NFKD")
        .to_upper_case()
        .into()
}

/// A day where the reader is, some days before the one of a moment.
pub fn day(now: UnixMillis, before: u32) -> Span {
    let date = date(now);
    let start = |more: i32| {
        let day = date.get_date().cast_signed() - before.cast_signed() + more;
        start_of_day(date.get_full_year(), date.get_month(), day)
    };
    Span {
        start: start(0),
        end: start(1),
    }
}

/// A day where the reader is, by its name in addresses: `2026-11-20`.
pub fn day_of_word(word: &str) -> Option<Span> {
    let mut parts = word.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let start = |day: u16| start_of_day(year.into(), u32::from(month) - 1, day.into());
    (1..=12).contains(&month).then(|| Span {
        start: start(day),
        end: start(day.saturating_add(1)),
    })
}

/// The name of a day in addresses.
pub fn day_word(day: Span) -> String {
    let date = date(day.start);
    let two = |number: u32| {
        if number < 10 {
            format!("0{number}")
        } else {
            number.to_string()
        }
    };
    let (month, day) = (two(date.get_month() + 1), two(date.get_date()));
    [date.get_full_year().to_string(), month, day].join("-")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript's dates are floats too"
)]
fn date(at: UnixMillis) -> js_sys::Date {
    js_sys::Date::new(&JsValue::from_f64(at.0 as f64))
}

/// Days beyond the month's count on, as the browser counts them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds of any real date fit"
)]
fn start_of_day(year: u32, month: u32, day: i32) -> UnixMillis {
    let date = js_sys::Date::new_with_year_month_day(year, month.cast_signed(), day);
    UnixMillis(date.get_time() as i64)
}

/// Whether two moments lie on one day where the reader is.
pub fn same_day(one: UnixMillis, other: UnixMillis) -> bool {
    let day = |at: UnixMillis| {
        let date = date(at);
        (date.get_full_year(), date.get_month(), date.get_date())
    };
    day(one) == day(other)
}

/// Whether two moments lie in one year where the reader is.
pub fn same_year(one: UnixMillis, other: UnixMillis) -> bool {
    date(one).get_full_year() == date(other).get_full_year()
}

// A browser can deny storage altogether; the page then only forgets between visits.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// What this device remembers under a name.
pub fn stored(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Remembers something on this device, or forgets it. Says whether that worked.
pub fn store(name: &str, value: Option<&str>) -> bool {
    let Some(storage) = storage() else {
        return false;
    };
    match value {
        Some(value) => storage.set_item(name, value).is_ok(),
        None => storage.remove_item(name).is_ok(),
    }
}

/// What this tab remembers under a name, over reloads.
pub fn stored_by_tab(name: &str) -> Option<String> {
    tab_storage()?.get_item(name).ok().flatten()
}

/// Remembers something in this tab, or forgets it.
pub fn store_by_tab(name: &str, value: Option<&str>) {
    if let Some(storage) = tab_storage() {
        let stored = match value {
            Some(value) => storage.set_item(name, value),
            None => storage.remove_item(name),
        };
        stored.ok();
    }
}

fn tab_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// Forgets everything whose name begins so.
pub fn forget_all(prefix: &str) {
    let Some(storage) = storage() else { return };
    let count = storage.length().unwrap_or(0);
    let names = (0..count).filter_map(|place| storage.key(place).ok().flatten());
    let names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    for name in names {
        store(&name, None);
    }
}

/// Asks the browser to keep what is on this device when room gets short.
pub async fn persist() {
    if let Ok(asked) = window().navigator().storage().persist() {
        // Whether it promised is read from the browser itself.
        JsFuture::from(asked).await.ok();
    }
}

/// Sets an attribute of the page as a whole, such as its language.
pub fn set_page_attribute(name: &str, value: &str) {
    if let Some(page) = document().document_element() {
        // Only an ill-formed attribute name could fail here.
        page.set_attribute(name, value).ok();
    }
}

/// Sets an attribute of the page as a whole, or removes it.
pub fn show_on_page(name: &str, word: Option<&str>) {
    match (word, document().document_element()) {
        (Some(word), _) => set_page_attribute(name, word),
        (None, Some(page)) => drop(page.remove_attribute(name)),
        (None, None) => {}
    }
}

/// An attribute of the page as a whole.
pub fn page_attribute(name: &str) -> Option<String> {
    document().document_element()?.get_attribute(name)
}

/// Whether a media query holds now.
pub fn matches(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// Goes to an address in place of where the page is, and tells whoever follows the address.
pub fn go_instead(url: &str) {
    if let Ok(history) = window().history() {
        let gone = history.replace_state_with_url(&JsValue::NULL, "", Some(url));
        // Browsers refuse a flood of changes.
        gone.ok();
        announce("popstate");
    }
}

/// Sends an event of the window, to which the boot file or lists listen.
pub fn announce(name: &str) {
    if let Ok(event) = CustomEvent::new(name) {
        window().dispatch_event(&event).ok();
    }
}

/// Puts text on the clipboard. Says whether the browser let it.
pub async fn copy(text: &str) -> bool {
    let written = window().navigator().clipboard().write_text(text);
    JsFuture::from(written).await.is_ok()
}

/// Hands the person a file to save. Says whether the browser took it; whether the disk did, no page
/// learns.
pub fn save_file(name: &str, content: &[u8]) -> bool {
    offer_file(name, content).is_ok()
}

fn offer_file(name: &str, content: &[u8]) -> Result<(), JsValue> {
    let parts = Array::of1(&Uint8Array::from(content));
    let blob = Blob::new_with_u8_array_sequence(&parts)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The browser has taken hold of the content by the time the click returns.
    Url::revoke_object_url(&address)
}

/// The file that somebody chose in an input, which then can take the same one again. None when it
/// is larger than `bytes_max` or cannot be read.
pub async fn chosen_file(input: HtmlInputElement, bytes_max: usize) -> Option<Vec<u8>> {
    let file = input.files().and_then(|files| files.get(0));
    input.set_value("");
    let file = file?;
    if file.size() > f64::from(u32::try_from(bytes_max).ok()?) {
        return None;
    }
    let content = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&content).to_vec())
}

/// A moment in the time of Greenwich, for machines and whoever helps (ISO 8601).
pub fn iso(at: UnixMillis) -> String {
    date(at).to_iso_string().into()
}

/// The moment as it stands in the name of a file, in the time of Greenwich.
pub fn file_stamp() -> String {
    let iso: String = js_sys::Date::new_0().to_iso_string().into();
    iso.chars().take(16).filter(|char| *char != ':').collect()
}

/// Moves the focus to the first element a selector finds.
pub fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        element.focus().ok();
    }
}

/// Whether a dialog asks for something and holds the page back.
pub fn is_asking() -> bool {
    let found = document().query_selector("dialog[open]").ok();
    found.flatten().is_some()
}

/// Scrolls a list no further than until the line a selector finds is in sight.
pub fn bring_into_view(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    let line = found.and_then(|found| found.dyn_into::<HtmlElement>().ok());
    let list = line.as_ref().and_then(|line| line.parent_element());
    let list = list.and_then(|list| list.dyn_into::<HtmlElement>().ok());
    let Some((line, list)) = line.zip(list) else {
        return;
    };
    let above = line.offset_top() - list.offset_top();
    let below = above + line.offset_height() - list.client_height();
    list.set_scroll_top(list.scroll_top().clamp(below.min(above), above));
}

/// Presses the first button that a selector finds, or moves the focus to what is no button. Says
/// whether there is one.
pub fn use_control(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    let Some(control) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    if control.tag_name() == "BUTTON" {
        control.click();
    } else {
        control.focus().ok();
    }
    true
}

/// What stands on the first control that a selector finds.
pub fn label_of(selector: &str) -> Option<String> {
    let found = document().query_selector(selector).ok().flatten()?;
    let label = found.text_content()?;
    Some(label.trim().to_owned())
}

/// Remembers what has the focus; the function returned gives it back, if it is still there.
pub fn remember_focus() -> impl FnOnce() + Send + Sync + 'static {
    use leptos::prelude::request_animation_frame;
    let active = document().active_element();
    let element = active.and_then(|active| active.dyn_into::<HtmlElement>().ok());
    let element = leptos::__reexports::send_wrapper::SendWrapper::new(element);
    move || {
        // After whatever had the focus meanwhile has left the page.
        request_animation_frame(move || {
            if let Some(element) = element.take() {
                element.focus().ok();
            }
        });
    }
}

/// Whether a click on a link stays on this page; with a modifier the browser opens another tab.
pub fn stays(event: &MouseEvent) -> bool {
    !event.ctrl_key() && !event.meta_key() && !event.shift_key()
}

/// Opens the browser's print dialog.
pub fn print() {
    // A browser that cannot print says so itself.
    window().print().ok();
}

/// Whether keys belong to something else: the focus lies in a field, or a dialog or menu is open.
pub fn is_typing() -> bool {
    let fields = "input, textarea, select, [contenteditable]";
    let active = document().active_element();
    let typing = active.is_some_and(|active| active.matches(fields).unwrap_or(false));
    typing
        || document()
            .query_selector("dialog[open], :popover-open")
            .ok()
            .flatten()
            .is_some()
}

/// Closes the menu that something lies in which was chosen.
pub fn close_menu(event: &MouseEvent) {
    let chosen = event
        .target()
        .and_then(|chosen| chosen.dyn_into::<web_sys::Element>().ok());
    let menu = chosen.and_then(|chosen| chosen.closest("[popover]").ok().flatten());
    if let Some(menu) = menu.and_then(|menu| menu.dyn_into::<HtmlElement>().ok()) {
        // One that is closed already says so.
        menu.hide_popover().ok();
    }
}

/// A custom property of the style sheet, as it holds for the whole page now.
pub fn page_style(name: &str) -> Option<String> {
    let page = document().document_element()?;
    let style = window().get_computed_style(&page).ok().flatten()?;
    let value = style.get_property_value(name).ok()?;
    Some(value.trim().to_owned())
}

/// Whether the focus lies on the page itself, so that Enter belongs to no button or link.
pub fn is_on_page() -> bool {
    document()
        .active_element()
        .is_none_or(|active| active.tag_name() == "BODY" || active.tag_name() == "MAIN")
}

/// How many bytes so many units of UTF-16, which is how browsers count, have in a text.
pub fn bytes_of_units(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    let mut signs = text.char_indices();
    let reached = signs.find(|(_, sign)| {
        let is_reached = left == 0;
        left = left.saturating_sub(sign.len_utf16());
        is_reached
    });
    reached.map_or(text.len(), |(at, _)| at)
}
