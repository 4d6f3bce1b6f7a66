//! The moving parts of a view, with one type for each kind of value.
//!
//! # Design
//! Question: why not plain closures? Answer: each closure in a view is a type of its own, and the
//! library compiles its effect anew for every type, two to six kilobytes each. Boxed, all texts of
//! the page share one effect. Rejected: `Show`, which is generic over its condition as well.

use leptos::prelude::*;

/// A value that a view follows.
pub(crate) type Live<T> = Box<dyn FnMut() -> T + Send>;

/// Boxes a closure for a view.
pub(crate) fn live<T>(value: impl FnMut() -> T + Send + 'static) -> Live<T> {
    Box::new(value)
}

/// Shows its children while the condition holds.
#[component]
pub fn When(#[prop(into)] is: Signal<bool>, children: ChildrenFn) -> impl IntoView {
    let is = Memo::new(move |_| is.get());
    live(move || is.get().then(|| children()))
}
