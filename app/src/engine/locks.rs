//! Web Locks: which tab leads, and which slot each engine writes under.
//!
//! A lock is held until its tab or worker ends, however it ends; the lead can be let go before.
//! web-sys keeps its bindings behind an unstable flag, so the one method is called by name.

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use shared::sync::client::Slot;

use super::clock;

/// How many engines of one person may be alive in one browser.
const SLOTS_MAX: u16 = 64;

/// Takes the lowest free slot, for as long as this engine lives. Without Web Locks the number is
/// drawn, so that two engines hardly meet.
pub(crate) async fn take_slot(database: &str) -> Slot {
    for slot in 0..SLOTS_MAX {
        match try_lock(&format!("{database}-slot-{slot}")).await {
            Ok(true) => return Slot(slot),
            Ok(false) => {}
            Err(_) => break,
        }
    }
    Slot(SLOTS_MAX | u16::from_be_bytes(clock::random()))
}

/// The lead; dropped, another engine may take it.
#[derive(Default)]
pub(crate) struct Lead(Option<Function>);

impl Drop for Lead {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            release.call0(&JsValue::NULL).ok();
        }
    }
}

/// Waits until this engine leads. Without Web Locks every engine does.
pub(crate) async fn lead(database: &str) -> Lead {
    let name = format!("{database}-lead");
    let (got, gets) = oneshot::channel();
    let mut got = Some(got);
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
        Promise::new(&mut |release, _| {
            let lead = Lead(Some(release));
            if let Some(got) = got.take() {
                got.send(lead).ok();
            }
        })
    });
    if request(&name, &Object::new(), callback.as_ref()).is_ok() {
        callback.forget();
        // Cancelled only together with the whole engine.
        return gets.await.unwrap_or_default();
    }
    Lead::default()
}

async fn try_lock(name: &str) -> Result<bool, JsValue> {
    let (got, gets) = oneshot::channel();
    let mut got = Some(got);
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |lock: JsValue| {
        let has_it = !lock.is_null();
        if let Some(got) = got.take() {
            got.send(has_it).ok();
        }
        if has_it {
            for_ever()
        } else {
            Promise::resolve(&JsValue::NULL)
        }
    });
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &true.into())?;
    request(name, &options, callback.as_ref())?;
    callback.forget();
    gets.await.map_err(|_| JsValue::NULL)
}

fn request(name: &str, options: &Object, callback: &JsValue) -> Result<(), JsValue> {
    let locks = Reflect::get(&clock::scope().navigator(), &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    request.call3(&locks, &name.into(), options, callback)?;
    Ok(())
}

fn for_ever() -> Promise {
    Promise::new(&mut |_, _| {})
}
