//! The sheet that saves a view, changes or deletes it.

use gloo_net::http::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::ViewId;
use shared::search::{Asks, Called, DayOf, Filter, Naming, Question, StateIs, Term, Whose};
use shared::views::{
    NAME_CHARS_MAX, Order, QUESTION_CHARS_MAX, Refused, SavedView, Sharing, ViewAnswer, WantedView,
    may_share_with_all,
};

use crate::engine::protocol::Line;
use crate::incidents::views::View;
use crate::incidents::{Address, Desk};
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::overlay::{Sheet, SheetForm};

/// What is in the fields.
#[derive(Clone, Copy)]
struct Form {
    desk: Desk,
    /// The view that is changed, if any is.
    before: StoredValue<Option<SavedView>>,
    name: RwSignal<String>,
    question: RwSignal<String>,
    order: RwSignal<Order>,
    shared: RwSignal<Sharing>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Form {
    /// Filled with what the list shows now.
    fn new(desk: Desk) -> Self {
        let (address, me) = (desk.address, untrack(|| desk.me()));
        let own = address.own.get_untracked();
        let before = own.filter(|own| own.may_change(&me));
        let name = before.as_ref().map(|before| before.name.clone());
        let shared = before.as_ref().map(|before| before.shared.clone());
        Self {
            desk,
            before: StoredValue::new(before),
            name: RwSignal::new(name.unwrap_or_default()),
            question: RwSignal::new(asked(address)),
            order: RwSignal::new(address.order.get_untracked()),
            shared: RwSignal::new(shared.unwrap_or(Sharing::Nobody)),
            failure: RwSignal::default(),
            busy: RwSignal::new(false),
        }
    }

    fn wanted(self) -> WantedView {
        WantedView {
            name: self.name.get_untracked(),
            question: self.question.get_untracked(),
            order: self.order.get_untracked(),
            shared: self.shared.get_untracked(),
            owner: None,
        }
    }

    /// Saves the view under its id, or as a new one, and goes there.
    fn save(self, as_new: bool) {
        if self.busy.get_untracked() {
            return;
        }
        let before = self
            .before
            .with_value(|before| before.as_ref().map(|one| one.id));
        let id = before.filter(|_| !as_new);
        let id = id.unwrap_or_else(|| ViewId::new(browser::now(), browser::random()));
        let (desk, wanted) = (self.desk, self.wanted());
        self.send(async move || {
            let view = put(id, &wanted).await?;
            desk.toasts.say(t!("saved.done", name = view.name.as_str()));
            desk.address.saved.note(id, Some(view));
            desk.address.look_at_saved(id);
            Ok(())
        });
    }

    /// Deletes the view, which can be taken back for a while.
    fn delete(self) {
        let Some(view) = self.before.get_value() else {
            return;
        };
        let desk = self.desk;
        self.send(async move || {
            delete(view.id).await?;
            let saved = desk.address.saved;
            if desk.address.chosen.get_untracked() == Some(view.id) {
                desk.address.look_at(View::default());
            }
            saved.note(view.id, None);
            let did = t!("saved.deleted", name = view.name.as_str());
            let back = Callback::new(move |()| put_back(desk, view.clone()));
            desk.toasts.offer_undo(did, (None, back));
            Ok(())
        });
    }

    fn send(self, work: impl AsyncFnOnce() -> Result<(), String> + 'static) {
        self.busy.set(true);
        self.failure.set(String::new());
        spawn_local(async move {
            match work().await {
                Ok(()) => self.desk.address.saved.editing.set(false),
                Err(why) => drop(self.failure.try_set(why)),
            }
            self.busy.try_set(false);
        });
    }
}

fn put_back(desk: Desk, view: SavedView) {
    let is_own = untrack(|| desk.me()).id == view.owner;
    let wanted = WantedView {
        name: view.name,
        question: view.question,
        order: view.order,
        shared: view.shared,
        owner: (!is_own).then_some(view.owner),
    };
    spawn_local(async move {
        match put(view.id, &wanted).await {
            Ok(view) => {
                let id = view.id;
                desk.address.saved.note(id, Some(view));
                desk.address.look_at_saved(id);
            }
            Err(why) => desk.toasts.say(why),
        }
    });
}

async fn put(id: ViewId, wanted: &WantedView) -> Result<SavedView, String> {
    let request = Request::put(&format!("/views/{id}")).header("X-Holdfast", "1");
    let request = request.json(wanted).map_err(|_| t!("saved.offline"))?;
    match answer(request.send().await).await? {
        ViewAnswer::Saved(view) => Ok(view),
        ViewAnswer::Deleted => Err(t!("saved.offline")),
        ViewAnswer::Refused(refused) => Err(in_words(&refused)),
    }
}

async fn delete(id: ViewId) -> Result<(), String> {
    let request = Request::delete(&format!("/views/{id}")).header("X-Holdfast", "1");
    match answer(request.send().await).await? {
        ViewAnswer::Deleted => Ok(()),
        ViewAnswer::Saved(_) => Err(t!("saved.offline")),
        ViewAnswer::Refused(refused) => Err(in_words(&refused)),
    }
}

async fn answer(answer: Result<Response, gloo_net::Error>) -> Result<ViewAnswer, String> {
    let answer = answer.map_err(|_| t!("saved.offline"))?;
    match answer.status() {
        200 => answer.json().await.map_err(|_| t!("saved.offline")),
        401 => Err(t!("saved.signed_out")),
        404 => Err(t!("saved.gone_why")),
        _ => Err(t!("saved.offline")),
    }
}

fn in_words(refused: &Refused) -> String {
    match refused {
        Refused::NotYours | Refused::Owner => t!("saved.not_yours"),
        Refused::Name { chars_max } => t!("saved.bad_name", count = *chars_max),
        Refused::Question { chars_max } => t!("saved.bad_question", count = *chars_max),
        Refused::TooMany { views_max } => t!("saved.too_many", count = *views_max),
        Refused::AllStaff => t!("saved.not_for_all"),
        Refused::Groups => t!("saved.not_your_groups"),
    }
}

/// What the list asks now, in words alone: what is typed, with what the view and the chips choose.
fn asked(address: Address) -> String {
    let typed = address.query.get_untracked();
    let mut terms = Vec::new();
    if address.chosen.get_untracked().is_none() {
        terms.extend(of_view(address.view.get_untracked()));
    }
    let Filter {
        state,
        priority,
        whose,
        risk,
        group,
        day,
    } = address.filter.get_untracked();
    // A state that is chosen says more than that it is open.
    if state.is_some() {
        terms.retain(|asks| !matches!(asks, Asks::State(_)));
    }
    terms.extend(state.map(|state| Asks::State(vec![StateIs::One(state)])));
    terms.extend(priority.map(|priority| Asks::Priority(vec![priority])));
    terms.extend(whose.map(of_whose));
    terms.extend(risk.map(|risk| Asks::Risk(vec![risk])));
    terms.extend(group.map(|group| {
        let called = group.map_or(Called::Nothing, |group| Called::Name(group.0));
        Asks::Named(Naming::Group, vec![called])
    }));
    let terms = terms.into_iter().map(|asks| Term {
        is_not: false,
        asks,
    });
    let chosen = Question {
        terms: terms.collect(),
    };
    let day = day.map(|(of, span)| {
        let field = match of {
            DayOf::Opened => "opened:",
            DayOf::Resolved => "resolved:",
        };
        [field, &browser::day_word(span)].concat()
    });
    let parts = [chosen.to_string(), day.unwrap_or_default(), typed];
    let parts = parts.iter().map(|part| part.trim());
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

fn of_view(view: View) -> Vec<Asks> {
    let open = || Asks::State(vec![StateIs::Open]);
    let one = |state| Asks::State(vec![StateIs::One(state)]);
    match view {
        View::Mine => vec![open(), of_whose(Whose::Mine)],
        View::MyGroups => vec![open(), of_whose(Whose::MyGroups)],
        View::Unassigned => vec![open(), of_whose(Whose::Nobodys)],
        View::OnHold => vec![one(shared::incidents::State::OnHold)],
        View::Resolved => vec![one(shared::incidents::State::Resolved)],
        // Of who watches no question asks.
        View::Open | View::Watched => vec![open()],
        View::Attention | View::All => Vec::new(),
    }
}

fn of_whose(whose: Whose) -> Asks {
    match whose {
        Whose::Mine => Asks::Named(Naming::Assignee, vec![Called::Mine]),
        Whose::MyGroups => Asks::Named(Naming::Group, vec![Called::Mine]),
        Whose::Nobodys => Asks::Named(Naming::Assignee, vec![Called::Nothing]),
    }
}

/// The sheet.
#[component]
pub(crate) fn SavedSheet() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let form = Form::new(desk);
    let is_change = form.before.with_value(Option::is_some);
    let title = if is_change {
        t!("saved.change_title")
    } else {
        t!("saved.new_title")
    };
    let is_offline = Memo::new(move |_| {
        desk.board()
            .status
            .with(|status| status.line == Line::Offline)
    });
    let close = move |()| desk.address.saved.editing.set(false);
    view! {
        <Sheet title=title on_close=close>
            <SheetForm
                explains_itself=true
                submit=t!("saved.submit")
                failure=form.failure
                busy=form.busy
                on_submit=move |()| form.save(false)
            >
                <Fields form=form />
                <When is=is_offline>
                    <p class="note">{t!("saved.offline")}</p>
                </When>
                {is_change.then(|| view! { <Changes form=form /> })}
            </SheetForm>
        </Sheet>
    }
}

#[component]
fn Fields(form: Form) -> impl IntoView {
    let order = move |order: Order| {
        let word = match order {
            Order::Risk => t!("saved.by_risk"),
            Order::Priority => t!("saved.by_priority"),
        };
        let is_it = live(move || form.order.get() == order);
        view! { <option value=order_word(order) prop:selected=is_it>{word}</option> }
    };
    let reorder = move |event| {
        let word = event_target_value(&event);
        let chosen = Order::ALL.into_iter().find(|one| order_word(*one) == word);
        form.order.set(chosen.unwrap_or(Order::Priority));
    };
    view! {
        <label class="field">
            <span>{t!("saved.name")}</span>
            <input
                type="text"
                autofocus
                maxlength=NAME_CHARS_MAX.to_string()
                prop:value=form.name
                on:input=move |event| form.name.set(event_target_value(&event))
            />
        </label>
        <label class="field">
            <span>{t!("saved.question")}</span>
            <input
                type="text"
                spellcheck="false"
                maxlength=QUESTION_CHARS_MAX.to_string()
                prop:value=form.question
                on:input=move |event| form.question.set(event_target_value(&event))
            />
        </label>
        <label class="field">
            <span>{t!("saved.order")}</span>
            <select on:change=reorder>{Order::ALL.map(order).into_iter().collect_view()}</select>
        </label>
        <Sharers form=form />
    }
}

/// Who has the view.
#[component]
fn Sharers(form: Form) -> impl IntoView {
    let desk = form.desk;
    let me = untrack(|| desk.me());
    let organisation = untrack(|| desk.organisation());
    let mut all = vec![Sharing::Nobody];
    if !me.groups.is_empty() {
        all.push(Sharing::Groups(me.groups.clone()));
    }
    if may_share_with_all(&me) {
        all.push(Sharing::Staff);
    }
    // It may be shared already as this person could not share it.
    let now = form.shared.get_untracked();
    if !all.contains(&now) {
        all.push(now);
    }
    let name = move |shared: &Sharing| match shared {
        Sharing::Nobody => t!("saved.for_me"),
        Sharing::Staff => t!("saved.for_all"),
        Sharing::Groups(groups) => {
            let names = groups.iter().map(|group| organisation.group_name(group));
            let names: Vec<_> = names.collect();
            t!("saved.for_groups", names = names.join(", "))
        }
    };
    let option = |(at, shared): (usize, &Sharing)| {
        let (words, own) = (name(shared), shared.clone());
        let is_it = live(move || form.shared.with(|now| *now == own));
        view! { <option value=at.to_string() prop:selected=is_it>{words}</option> }
    };
    let options = all.iter().enumerate().map(option).collect_view();
    let share = move |event| {
        let at: Option<usize> = event_target_value(&event).parse().ok();
        if let Some(shared) = at.and_then(|at| all.get(at)) {
            form.shared.set(shared.clone());
        }
    };
    view! {
        <label class="field">
            <span>{t!("saved.who")}</span>
            <select on:change=share>{options}</select>
        </label>
    }
}

/// What else may become of a view that there is.
#[component]
fn Changes(form: Form) -> impl IntoView {
    view! {
        <div class="view-changes">
            <button type="button" class="button" disabled=form.busy on:click=move |_| form.save(true)>
                {t!("saved.as_new")}
            </button>
            <button
                type="button"
                class="button danger"
                disabled=form.busy
                on:click=move |_| form.delete()
            >
                {t!("saved.delete")}
            </button>
        </div>
    }
}

fn order_word(order: Order) -> &'static str {
    match order {
        Order::Risk => "risk",
        Order::Priority => "priority",
    }
}
