//! Merging commutes, associates, is idempotent on the view, loses no fact and always lands in a
//! state that the rules give. The model knows facts as plain records with the set of facts their
//! author knew; it has no automerge and no `saw`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the model names only what it speaks of"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::ids::{DocKind, FactId, PersonId};
use crate::testing::{ALICE, BOB, CAROL, Copy, attachment, log, task};
use crate::time::UnixMillis;

use super::{
    HoldReason, Holder, Intent, Level, ResolutionCode, SetField, State, TaskChange, TaskState,
};

/// What happens next on one of the devices.
#[derive(Debug, Clone)]
enum Step {
    Act {
        device: usize,
        by: PersonId,
        intent: Intent,
        wait: i64,
    },
    /// Somebody takes back the n-th of the acts that the device knows.
    Withdraw {
        device: usize,
        by: PersonId,
        nth: usize,
    },
    /// Somebody changes the n-th of the tasks that the device knows, or has it wait for another.
    Change {
        device: usize,
        by: PersonId,
        nth: usize,
        change: TaskChange,
        wait: i64,
    },
    Meet {
        from: usize,
        to: usize,
    },
}

fn intents() -> impl Strategy<Value = Intent> {
    let level = prop_oneof![Just(Level::Low), Just(Level::Medium), Just(Level::High)];
    prop_oneof![
        level.prop_map(|level| Intent::Set(SetField::Urgency(level))),
        prop_oneof![Just(None), Just(Some(ALICE)), Just(Some(BOB))].prop_map(|person| {
            Intent::Assign {
                group: None,
                person,
                escalation: None,
            }
        }),
        Just(Intent::Claim { group: None }),
        Just(Intent::Start),
        Just(Intent::Hold {
            reason: HoldReason::Caller,
            text: String::new(),
            until: None
        }),
        Just(Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: "Done.".to_owned()
        }),
        Just(Intent::Reopen {
            text: String::new()
        }),
        Just(Intent::Close),
        Just(Intent::Cancel {
            text: String::new()
        }),
        Just(Intent::Reply {
            text: "Word.".to_owned()
        }),
        Just(Intent::Note {
            text: "Word.".to_owned()
        }),
        (1..90_u32).prop_map(|minutes| Intent::Log(log(minutes))),
        Just(Intent::AddTask(task())),
        prop_oneof![Just(DocKind::Incident), Just(DocKind::Work)].prop_map(|doc| {
            let file = attachment(7);
            Intent::Attach { doc, file }
        }),
        any::<bool>().prop_map(|is_internal| {
            let (doc, person) = if is_internal {
                (DocKind::Work, ALICE)
            } else {
                (DocKind::Incident, CAROL)
            };
            Intent::Watch { doc, person }
        }),
        Just(Intent::Mention {
            doc: DocKind::Work,
            text: "@Alice".to_owned(),
            people: vec![ALICE]
        }),
    ]
}

fn changes() -> impl Strategy<Value = TaskChange> {
    let person = prop_oneof![Just(None), Just(Some(ALICE)), Just(Some(BOB))];
    prop_oneof![
        (0..3_usize).prop_map(|at| TaskChange::State(TaskState::ALL[at])),
        person.prop_map(TaskChange::Person),
        any::<bool>().prop_map(|has| TaskChange::Group(has.then(|| "cabling".into()))),
        (0..3_i64).prop_map(|at| TaskChange::Due((at > 0).then_some(UnixMillis(at)))),
        (0..3_u8, any::<bool>()).prop_map(|(nth, is_done)| TaskChange::Step { nth, is_done }),
        any::<bool>().prop_map(|is_awaited| {
            let task = FactId::from_bytes([0; 16]);
            TaskChange::After { task, is_awaited }
        }),
    ]
}

/// People do everything; the server by itself only what rules give.
fn author(by: usize, intent: &Intent) -> PersonId {
    let is_given = matches!(intent, Intent::Assign { .. } | Intent::Set(_));
    match [ALICE, BOB, CAROL].get(by) {
        Some(person) => *person,
        None if is_given => PersonId::SERVER,
        None => ALICE,
    }
}

fn steps(devices: usize) -> impl Strategy<Value = Vec<Step>> {
    let act =
        (0..devices, 0..4_usize, intents(), 0..3_i64).prop_map(|(device, by, intent, wait)| {
            Step::Act {
                device,
                by: author(by, &intent),
                intent,
                wait: wait * 1_000,
            }
        });
    let withdraw = (0..devices, 0..3_usize, 0..12_usize).prop_map(|(device, by, nth)| {
        let by = [ALICE, BOB, CAROL][by];
        Step::Withdraw { device, by, nth }
    });
    let meet = (0..devices, 0..devices).prop_map(|(from, to)| Step::Meet { from, to });
    let change = (0..devices, 0..3_usize, 0..6_usize, changes(), 0..3_i64).prop_map(
        |(device, by, nth, change, wait)| Step::Change {
            device,
            by: [ALICE, BOB, CAROL][by],
            nth,
            change,
            wait: wait * 1_000,
        },
    );
    let step = prop_oneof![6 => act, 3 => change, 2 => withdraw, 2 => meet];
    prop::collection::vec(step, 0..24)
}

/// A fact as the model knows it.
#[derive(Debug, Clone)]
struct Plain {
    id: FactId,
    by: PersonId,
    at: UnixMillis,
    intent: Intent,
    /// Every fact that was on the author's device.
    knew: BTreeSet<FactId>,
}

/// Devices, what each knows, and everything that was ever stated.
struct World {
    copies: Vec<Copy>,
    known: Vec<BTreeSet<FactId>>,
    facts: Vec<Plain>,
    /// Bob declared it before anything else.
    created: FactId,
}

fn by_hand(fact: &Plain) -> bool {
    fact.by != PersonId::SERVER
}

fn withdrawn(intent: &Intent) -> Option<FactId> {
    match intent {
        Intent::Withdraw { fact, .. } => Some(*fact),
        _ => None,
    }
}

impl World {
    fn run(devices: usize, steps: &[Step]) -> Self {
        let first = Copy::declared();
        let number = |device: usize| u8::try_from(device).expect("few devices") + 1;
        let copies = (0..devices)
            .map(|device| first.on(number(device)))
            .collect();
        let mut world = Self {
            copies,
            known: vec![BTreeSet::new(); devices],
            facts: Vec::new(),
            created: first.read().timeline[0].fact,
        };
        for step in steps {
            world.step(step);
        }
        world
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Act {
                device,
                by,
                intent,
                wait,
            } => {
                let copy = &mut self.copies[*device];
                copy.now = copy.now.plus(*wait);
                let id = copy.act(*by, intent.clone());
                let knew = self.known[*device].clone();
                let at = copy.now;
                self.known[*device].insert(id);
                self.facts.push(Plain {
                    id,
                    by: *by,
                    at,
                    intent: intent.clone(),
                    knew,
                });
            }
            Step::Withdraw { device, by, nth } => self.withdraw(*device, *by, *nth),
            Step::Change {
                device,
                by,
                nth,
                change,
                wait,
            } => self.change(*device, *by, *nth, change, *wait),
            Step::Meet { from, to } => {
                let (from_copy, known) = (self.copies[*from].clone(), self.known[*from].clone());
                self.copies[*to].merge(&from_copy);
                self.known[*to].extend(known);
            }
        }
    }

    fn change(&mut self, device: usize, by: PersonId, nth: usize, change: &TaskChange, wait: i64) {
        let known = &self.known[device];
        let tasks = self.facts.iter().filter(|fact| known.contains(&fact.id));
        let tasks = tasks.filter(|fact| matches!(fact.intent, Intent::AddTask(_)));
        let tasks: Vec<_> = tasks.map(|fact| fact.id).collect();
        if tasks.is_empty() {
            return;
        }
        let task = tasks[nth % tasks.len()];
        let change = match change {
            TaskChange::After { is_awaited, .. } => TaskChange::After {
                task: tasks[(nth + 1) % tasks.len()],
                is_awaited: *is_awaited,
            },
            other => other.clone(),
        };
        let intent = Intent::ChangeTask { task, change };
        self.step(&Step::Act {
            device,
            by,
            intent,
            wait,
        });
    }

    /// Also what is not one's own, a withdrawal, or withdrawn already is asked for; then it is
    /// inert.
    fn withdraw(&mut self, device: usize, by: PersonId, nth: usize) {
        let known = self.known[device].iter().copied();
        let mut known: Vec<_> = known.collect();
        known.push(self.created);
        let target = known[nth % known.len()];
        let of = self.facts.iter().find(|fact| fact.id == target);
        let doc = of.map_or(DocKind::Incident, |of| of.intent.docs()[0]);
        let intent = Intent::Withdraw { doc, fact: target };
        let wait = 0;
        self.step(&Step::Act {
            device,
            by,
            intent,
            wait,
        });
    }

    /// Whether its author took a fact back.
    fn is_withdrawn(&self, id: FactId, by: PersonId) -> bool {
        let says = |fact: &Plain| fact.by == by && withdrawn(&fact.intent) == Some(id);
        self.facts.iter().any(says)
    }

    fn counts(&self, fact: &Plain) -> bool {
        withdrawn(&fact.intent).is_some() || !self.is_withdrawn(fact.id, fact.by)
    }

    /// Every device meets every other, in the order given by `turn`.
    fn heal(&self, turn: usize) -> Copy {
        let devices = self.copies.len();
        let mut healed = self.copies[turn % devices].clone();
        for step in 1..=devices * 2 {
            healed.merge(&self.copies[(turn + step) % devices]);
        }
        healed
    }

    fn current(&self, member: impl Fn(&Intent) -> bool) -> Vec<&Plain> {
        let members: Vec<_> = self
            .facts
            .iter()
            .filter(|fact| member(&fact.intent) && self.counts(fact))
            .collect();
        let seen = |fact: &Plain| members.iter().any(|other| other.knew.contains(&fact.id));
        members.iter().copied().filter(|fact| !seen(fact)).collect()
    }

    /// How many facts of the same document lie below one on the longest way.
    fn depth(&self, fact: &Plain) -> usize {
        let doc = |fact: &Plain| fact.intent.docs()[0];
        let below = self
            .facts
            .iter()
            .filter(|other| fact.knew.contains(&other.id));
        let below = below.filter(|other| doc(other) == doc(fact));
        below.map(|other| self.depth(other) + 1).max().unwrap_or(0)
    }

    /// What the last to speak of an aspect of a task said; none while nobody has.
    fn said<T>(&self, task: FactId, value: impl Fn(&TaskChange) -> Option<T>) -> Option<T> {
        let said = |intent: &Intent| match intent {
            Intent::ChangeTask { task: of, change } if *of == task => value(change),
            _ => None,
        };
        let current = self.current(|intent| said(intent).is_some());
        let last = current
            .into_iter()
            .max_by_key(|fact| (fact.at, self.depth(fact), fact.id))?;
        said(&last.intent)
    }

    fn urgency(&self) -> Level {
        let level = |intent: &Intent| match intent {
            Intent::Set(SetField::Urgency(level)) => Some(*level),
            _ => None,
        };
        let current = self.current(|intent| level(intent).is_some());
        let best = current
            .iter()
            .max_by_key(|fact| (by_hand(fact), fact.at, level(&fact.intent), fact.id));
        best.and_then(|fact| level(&fact.intent))
            .unwrap_or(Level::Medium)
    }

    fn closing_stands(&self, fact: &Plain) -> bool {
        let unknown = |other: &&Plain| {
            other.by == CAROL
                && other.id != fact.id
                && other.intent.docs() == [DocKind::Incident]
                && withdrawn(&other.intent).is_none()
                && self.counts(other)
                && !fact.knew.contains(&other.id)
                && !other.knew.contains(&fact.id)
        };
        !self.facts.iter().any(|other| unknown(&other))
    }

    fn is_answered(&self, hold: &Plain) -> bool {
        let answers = |other: &Plain| {
            let is_word = matches!(other.intent, Intent::Reply { .. } | Intent::Attach { .. });
            other.by == CAROL
                && is_word
                && other.intent.docs() == [DocKind::Incident]
                && other.knew.contains(&hold.id)
                && self.counts(other)
        };
        self.facts.iter().any(answers)
    }

    fn rank(&self, fact: &Plain) -> (u8, Option<State>) {
        match fact.intent {
            Intent::Start => (1, Some(State::InProgress)),
            Intent::Hold { .. } if self.is_answered(fact) => (2, Some(State::InProgress)),
            Intent::Hold { .. } => (2, Some(State::OnHold)),
            Intent::Reopen { .. } if fact.by != CAROL => (3, None),
            Intent::Close if self.closing_stands(fact) => (5, Some(State::Closed)),
            Intent::Close | Intent::Resolve { .. } => (4, Some(State::Resolved)),
            Intent::Cancel { .. } | Intent::Withdraw { .. } => (6, Some(State::Cancelled)),
            _ => (7, None),
        }
    }

    fn assignee(&self) -> Option<PersonId> {
        let current =
            self.current(|intent| matches!(intent, Intent::Assign { .. } | Intent::Claim { .. }));
        let order = |fact: &&&Plain| match fact.intent {
            Intent::Assign { .. } if by_hand(fact) => (2, fact.at.0, fact.id),
            Intent::Assign { .. } => (0, fact.at.0, fact.id),
            _ => (1, -fact.at.0, fact.id),
        };
        match current
            .iter()
            .max_by_key(order)
            .map(|fact| (&fact.intent, fact.by))
        {
            Some((Intent::Assign { person, .. }, _)) => *person,
            Some((_, by)) => Some(by),
            None => None,
        }
    }

    fn state(&self) -> State {
        let created = (self.created, BOB);
        let steps = |fact: &&Plain| match fact.intent {
            Intent::Withdraw { fact: target, .. } => (target, fact.by) == created,
            _ => fact.intent.transition().is_some() && self.counts(fact),
        };
        let steps: Vec<_> = self.facts.iter().filter(steps).collect();
        let seen = |fact: &Plain| steps.iter().any(|other| other.knew.contains(&fact.id));
        let current = steps.iter().copied().filter(|fact| !seen(fact));
        let best = current.max_by_key(|fact| (self.rank(fact).0, fact.at, fact.id));
        let state = best.and_then(|fact| self.rank(fact).1);
        let ready = if self.assignee().is_some() {
            State::Assigned
        } else {
            State::New
        };
        state.unwrap_or(ready)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_order_of_meeting_reads_the_same(devices in 2..=4_usize, steps in steps(4)) {
        let steps: Vec<_> = steps.into_iter().map(|step| within(step, devices)).collect();
        let world = World::run(devices, &steps);
        let healed = world.heal(0).read();
        for turn in 1..devices {
            prop_assert_eq!(&world.heal(turn).read(), &healed);
        }
        let mut twice = world.heal(0);
        let again = twice.clone();
        twice.merge(&again);
        prop_assert_eq!(&twice.read(), &healed);
    }

    #[test]
    fn merging_follows_the_rules_and_loses_no_fact(devices in 2..=4_usize, steps in steps(4)) {
        let steps: Vec<_> = steps.into_iter().map(|step| within(step, devices)).collect();
        let world = World::run(devices, &steps);
        let healed = world.heal(0).read();
        let facts: BTreeSet<_> = healed.timeline.iter().map(|event| event.fact).collect();
        let events = |fact: &&Plain| withdrawn(&fact.intent).is_none();
        let expected = world.facts.iter().filter(events).map(|fact| fact.id);
        let expected: BTreeSet<_> = expected.chain([world.created]).collect();
        prop_assert_eq!(facts, expected);
        for event in &healed.timeline {
            let is_withdrawn = world.is_withdrawn(event.fact, event.from.by);
            prop_assert_eq!(event.withdrawn.is_some(), is_withdrawn);
        }
        prop_assert_eq!(healed.urgency.holds.value, world.urgency());
        prop_assert_eq!(healed.assignment.person, world.assignee());
        prop_assert_eq!(healed.state, world.state());
    }

    #[test]
    fn tasks_read_as_whoever_spoke_last_left_them(devices in 2..=4_usize, steps in steps(4)) {
        let steps: Vec<_> = steps.into_iter().map(|step| within(step, devices)).collect();
        let world = World::run(devices, &steps);
        let work = world.heal(0).read().work();
        let stands = |fact: &&Plain| !world.is_withdrawn(fact.id, fact.by);
        let logs = world.facts.iter().filter(stands);
        let logs = logs.filter(|fact| matches!(fact.intent, Intent::Log(_))).count();
        prop_assert_eq!(work.logs.len(), logs);
        let tasks = world.facts.iter().filter(stands);
        let tasks: BTreeSet<_> = tasks
            .filter(|fact| matches!(fact.intent, Intent::AddTask(_)))
            .map(|fact| fact.id)
            .collect();
        let read: BTreeSet<_> = work.tasks.iter().map(|task| task.fact).collect();
        prop_assert_eq!(read, tasks);
        for task in &work.tasks {
            let state = world.said(task.fact, |change| match change {
                TaskChange::State(state) => Some(*state),
                _ => None,
            });
            prop_assert_eq!(task.state.value, state.unwrap_or(TaskState::Open));
            let person = world.said(task.fact, |change| match change {
                TaskChange::Person(person) => Some(*person),
                _ => None,
            });
            let group = world.said(task.fact, |change| match change {
                TaskChange::Group(group) => Some(group.clone()),
                _ => None,
            });
            let (person, group) = (person.flatten(), group.flatten());
            prop_assert_eq!(&task.holder, &Holder { person, group });
            let due = world.said(task.fact, |change| match change {
                TaskChange::Due(due) => Some(*due),
                _ => None,
            });
            prop_assert_eq!(task.due.value, due.flatten());
            for other in &work.tasks {
                let is_awaited = world.said(task.fact, |change| match change {
                    TaskChange::After { task, is_awaited } => {
                        (*task == other.fact).then_some(*is_awaited)
                    }
                    _ => None,
                });
                let is_read = task.after.contains(&other.fact);
                prop_assert_eq!(is_read, is_awaited.unwrap_or(false));
            }
            for (at, step) in task.steps.iter().enumerate() {
                let is_done = world.said(task.fact, |change| match change {
                    TaskChange::Step { nth, is_done } if usize::from(*nth) == at => Some(*is_done),
                    _ => None,
                });
                prop_assert_eq!(step.is_done.value, is_done.unwrap_or(false));
            }
            prop_assert!(!task.waits_for.contains(&task.fact));
        }
    }
}

fn within(step: Step, devices: usize) -> Step {
    match step {
        Step::Act {
            device,
            by,
            intent,
            wait,
        } => Step::Act {
            device: device % devices,
            by,
            intent,
            wait,
        },
        Step::Withdraw { device, by, nth } => Step::Withdraw {
            device: device % devices,
            by,
            nth,
        },
        Step::Change {
            device,
            by,
            nth,
            change,
            wait,
        } => Step::Change {
            device: device % devices,
            by,
            nth,
            change,
            wait,
        },
        Step::Meet { from, to } => Step::Meet {
            from: from % devices,
            to: to % devices,
        },
    }
}
