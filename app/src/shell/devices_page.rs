//! Everybody's devices, for an administrator: who has which, and what was asked to be done to them.

use std::collections::BTreeMap;

use leptos::prelude::*;

use shared::ids::PersonId;
use shared::time::UnixMillis;

use crate::devices::{Confirming, Device, Devices, cards};
use crate::incidents::Desk;
use crate::link::Organisation;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};

/// The page.
#[component]
pub(super) fn DevicesPage(now: ReadSignal<UnixMillis>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let devices = Devices::at("/devices/all", |person| {
        let organisation = expect_context::<Desk>().organisation();
        Some(name(&organisation, person))
    });
    let query = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let organisation = desk.organisation();
        let wanted = browser::fold(query.get().trim());
        devices.list.with(|list| find(list, &organisation, &wanted))
    });
    let people = move || {
        let people = found.get().into_iter().map(|(name, list)| {
            let cards = cards(devices, list, now.into());
            view! {
                <section>
                    <h2>{name}</h2>
                    <ul class="devices">{cards}</ul>
                </section>
            }
        });
        people.collect_view().into_any()
    };
    let finds_none = move || {
        let has_any = devices.list.with(|list| !list.is_empty());
        has_any && found.with(Vec::is_empty)
    };
    view! {
        <main class="report devices-page" tabindex="-1">
            <header>
                <h1>{t!("devices.all")}</h1>
                <p>{t!("devices.all_about")}</p>
                <input
                    type="search"
                    aria-label=t!("devices.search")
                    placeholder=t!("devices.search")
                    bind:value=query
                />
            </header>
            {devices.note()}
            {live(people)}
            <When is=Signal::derive(finds_none)>
                <p role="status">{t!("devices.none")}</p>
            </When>
        </main>
        <Confirming devices=devices />
    }
}

/// Whoever asked for something; on the command line nobody is named.
fn name(organisation: &Organisation, person: PersonId) -> String {
    if person == PersonId::SERVER {
        return t!("devices.operator");
    }
    organisation.person_name(person)
}

/// Those devices whose owner is looked for, by their names.
fn find(list: &[Device], organisation: &Organisation, wanted: &str) -> Vec<(String, Vec<Device>)> {
    let mut people: BTreeMap<(String, PersonId), Vec<Device>> = BTreeMap::new();
    for device in list {
        let known = organisation.person(device.person);
        let login = known.map_or("", |person| &*person.login);
        let name = organisation.person_name(device.person);
        let text = browser::fold(&[&*name, " ", login].concat());
        if text.contains(wanted) {
            let of = (name, device.person);
            people.entry(of).or_default().push(device.clone());
        }
    }
    let people = people.into_iter();
    people.map(|((name, _), list)| (name, list)).collect()
}
