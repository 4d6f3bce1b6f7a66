//! Moments as the browser's own field for them writes and shows them, in the reader's zone.

use js_sys::Date;
use shared::time::UnixMillis;
use wasm_bindgen::JsValue;

/// As the field wants it: `2027-03-01T14:05`.
#[expect(clippy::cast_precision_loss, reason = "moments of people are small")]
pub(in crate::incidents) fn written(at: UnixMillis) -> String {
    let date = Date::new(&JsValue::from_f64(at.0 as f64));
    let (day, time) = (
        [date.get_full_year(), date.get_month() + 1, date.get_date()],
        [date.get_hours(), date.get_minutes()],
    );
    let [year, month, day] = day;
    let [hours, minutes] = time;
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}")
}

/// What is chosen; nothing when the field is empty.
#[expect(clippy::cast_possible_truncation, reason = "dates are whole")]
pub(in crate::incidents) fn chosen(field: &str) -> Option<UnixMillis> {
    let at = Date::parse(field);
    (!field.is_empty() && at.is_finite()).then_some(UnixMillis(at as i64))
}
