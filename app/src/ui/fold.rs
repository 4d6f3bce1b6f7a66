//! The way to what is cut off for want of room. The style cuts, and shows this only where it does.

use leptos::prelude::*;

use crate::text::t;

/// Lets the style of what stands beside it show all of it, or less again.
pub fn more() -> AnyView {
    view! {
        <details class="more">
            <summary>
                <span>{t!("fold.more")}</span>
                <span>{t!("fold.less")}</span>
            </summary>
        </details>
    }
    .into_any()
}
