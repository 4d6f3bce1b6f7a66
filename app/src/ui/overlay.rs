//! What lies above the page: sheets, on the native modal dialog.

use leptos::html::Dialog;
use leptos::prelude::*;
use web_sys::{Event, SubmitEvent};

use super::browser;
use super::icon::{Icon, icon};
use super::toast::ToastShelf;
use crate::text::t;

/// A modal dialog around a form. Closing it by any means ends in `on_close`.
#[component]
pub fn Sheet(
    #[prop(into)] title: String,
    /// Where the dialog goes: `sheet` in the middle, `panel` at the side.
    #[prop(default = "sheet")]
    class: &'static str,
    #[prop(into)] on_close: Callback<()>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get().filter(|dialog| !dialog.open()) {
            // Only a dialog that is not in the page cannot be shown, and then nobody waits for it.
            dialog.show_modal().ok();
        }
    });
    on_cleanup(browser::remember_focus());
    let heading = StoredValue::new(title);
    view! {
        <dialog
            class=class
            node_ref=dialog
            aria-label=heading.get_value()
            on:close=move |event: Event| {
                event.stop_propagation();
                on_close.run(());
            }
        >
            <header>
                <h2>{heading.get_value()}</h2>
                <button
                    type="button"
                    class="button quiet icon"
                    aria-label=t!("action.close")
                    on:click=move |_| on_close.run(())
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            {children()}
            // The page's own shelf lies behind a modal dialog, where nobody sees or hears it.
            <ToastShelf />
        </dialog>
    }
}

/// The body and foot of a sheet that asks for something and then acts once.
#[component]
pub fn SheetForm(
    /// Whether the form says itself what is missing, beside its fields, and the browser does not.
    #[prop(optional)]
    explains_itself: bool,
    #[prop(into)] submit: String,
    /// What went wrong, in a sentence; empty when nothing did.
    #[prop(into)]
    failure: Signal<String>,
    #[prop(into)] busy: Signal<bool>,
    #[prop(into)] on_submit: Callback<()>,
    children: Children,
) -> impl IntoView {
    let submit_once = Callback::new(move |()| {
        if !busy.get_untracked() {
            on_submit.run(());
        }
    });
    let on_form = move |event: SubmitEvent| {
        event.prevent_default();
        submit_once.run(());
    };
    view! {
        <form novalidate=explains_itself on:submit=on_form on:keydown=submit_by_keys(submit_once)>
            <div class="body">{children()}</div>
            <footer>
                <p class="error" role="alert">{failure}</p>
                <button type="submit" class="button primary" disabled=busy>{submit}</button>
            </footer>
        </form>
    }
}

/// Ctrl+Enter sends from any field of a form.
pub fn submit_by_keys(submit: Callback<()>) -> impl Fn(web_sys::KeyboardEvent) + Copy {
    move |event| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            submit.run(());
        }
    }
}
