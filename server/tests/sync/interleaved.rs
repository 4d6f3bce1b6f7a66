//! Any order of pushes and pulls, by devices with different scopes, leaves each device with exactly
//! the documents its person may see.
//!
//! The model is plain Rust, written from the rules: who reported an incident, who declared it,
//! which group has it, and who is in which group.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::ids::{DocKey, IncidentId, PersonId};
use shared::incidents::{Intent, Requester, SetField};
use shared::sync::message::{Surface, Verdict};

use super::device::Device;
use super::server::{ALICE, BOB, CAROL, DAVE, ERIN, TestServer};

const GROUPS: [&str; 3] = ["network", "desktop", "desk"];
const STAFF: [PersonId; 3] = [ALICE, BOB, ERIN];
const REQUESTERS: [PersonId; 2] = [CAROL, DAVE];

#[derive(Debug, Clone)]
enum Step {
    Declare {
        device: usize,
        requester: usize,
        group: Option<usize>,
    },
    Assign {
        device: usize,
        incident: usize,
        group: usize,
    },
    Hand {
        device: usize,
        incident: usize,
        requester: usize,
    },
    Reply {
        device: usize,
        incident: usize,
    },
    Note {
        device: usize,
        incident: usize,
    },
    /// Pulls, acts and pushes, as a device with a network does.
    Online {
        device: usize,
        incident: usize,
        group: Option<usize>,
    },
    Push {
        device: usize,
    },
    /// One page, or all.
    Pull {
        device: usize,
        is_whole: bool,
    },
    /// The browser has thrown everything away; the device begins anew.
    Evict {
        device: usize,
    },
    Regroup {
        person: usize,
        group: usize,
    },
}

const DEVICES: usize = 6;

fn step() -> impl Strategy<Value = Step> {
    let device = 0..DEVICES;
    let incident = 0..10_usize;
    let online = prop::sample::select(vec![0, 0, 1, 2]);
    prop_oneof![
        8 => (online, incident.clone(), prop::option::of(0..2_usize))
            .prop_map(|(device, incident, group)| Step::Online { device, incident, group }),
        3 => (device.clone(), 0..2_usize, prop::option::of(0..3_usize))
            .prop_map(|(device, requester, group)| Step::Declare { device, requester, group }),
        3 => (device.clone(), incident.clone(), 0..3_usize)
            .prop_map(|(device, incident, group)| Step::Assign { device, incident, group }),
        1 => (device.clone(), incident.clone(), 0..2_usize)
            .prop_map(|(device, incident, requester)| Step::Hand { device, incident, requester }),
        2 => (device.clone(), incident.clone())
            .prop_map(|(device, incident)| Step::Reply { device, incident }),
        2 => (device.clone(), incident)
            .prop_map(|(device, incident)| Step::Note { device, incident }),
        6 => device.clone().prop_map(|device| Step::Push { device }),
        6 => (device, prop::bool::weighted(0.3))
            .prop_map(|(device, is_whole)| Step::Pull { device, is_whole }),
        3 => (1..DEVICES).prop_map(|device| Step::Evict { device }),
        1 => (1..3_usize, 0..2_usize).prop_map(|(person, group)| Step::Regroup { person, group }),
    ]
}

/// What the rules say of an accepted incident.
#[derive(Debug, Clone)]
struct Truth {
    requester: PersonId,
    declared_by: PersonId,
    group: Option<&'static str>,
}

struct World {
    server: TestServer,
    devices: Vec<Device>,
    /// Incidents in the order they were declared anywhere.
    incidents: Vec<IncidentId>,
    truth: BTreeMap<IncidentId, Truth>,
    groups: BTreeMap<PersonId, &'static str>,
}

fn assign(group: usize) -> Intent {
    Intent::Assign {
        group: Some(GROUPS[group].into()),
        person: None,
        escalation: None,
    }
}

fn reply() -> Intent {
    Intent::Reply {
        text: "A word.".to_owned(),
    }
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let mut devices = Vec::new();
        for person in [ALICE, BOB, ERIN, BOB] {
            devices.push(Device::console(&server, person).await);
        }
        for person in REQUESTERS {
            devices.push(Device::portal(&server, person).await);
        }
        for (place, device) in devices.iter_mut().enumerate() {
            device.docs_max = [1, 3, 100][place % 3];
        }
        let groups = [(ALICE, "desk"), (BOB, "network"), (ERIN, "desktop")].into();
        Self {
            server,
            devices,
            incidents: Vec::new(),
            truth: BTreeMap::new(),
            groups,
        }
    }

    /// Some incidents are there before anything happens, so that there is something to catch up on.
    async fn seed(&mut self) {
        for nth in 0..8 {
            let group = [None, Some(0), Some(1)][nth % 3];
            self.take(&Step::Declare {
                device: 0,
                requester: nth % 2,
                group,
            })
            .await;
        }
        self.push(0).await;
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Declare {
                device,
                requester,
                group,
            } => self.declare(device, requester, group),
            Step::Assign {
                device,
                incident,
                group,
            } => self.act(device, incident, assign(group)),
            Step::Hand {
                device,
                incident,
                requester,
            } => {
                let requester = Requester::Person(REQUESTERS[requester]);
                let intent = Intent::Set(SetField::Requester(requester));
                self.act(device, incident, intent);
            }
            Step::Reply { device, incident } => self.act(device, incident, reply()),
            Step::Note { device, incident } => {
                let text = "A word among us.".to_owned();
                self.act(device, incident, Intent::Note { text });
            }
            Step::Online {
                device,
                incident,
                group,
            } => {
                self.pull(device, true).await;
                self.act(device, incident, group.map_or_else(reply, assign));
                self.push(device).await;
            }
            Step::Push { device } => self.push(device).await,
            Step::Pull { device, is_whole } => self.pull(device, is_whole).await,
            Step::Evict { device } => {
                let old = &self.devices[device];
                let mut new = Device::new(&self.server, old.person, old.surface).await;
                new.docs_max = old.docs_max;
                self.devices[device] = new;
            }
            Step::Regroup { person, group } => self.regroup(STAFF[person], GROUPS[group]).await,
        }
    }

    fn declare(&mut self, device: usize, requester: usize, group: Option<usize>) {
        let device = &mut self.devices[device];
        let is_staff = device.surface == Surface::Console;
        let requester = if is_staff {
            REQUESTERS[requester]
        } else {
            device.person
        };
        let group = group.filter(|_| is_staff).map(|group| GROUPS[group]);
        self.incidents.push(device.declare(requester, group));
    }

    /// An honest device offers only acts on what it has, and requesters only their words.
    fn act(&mut self, device: usize, incident: usize, intent: Intent) {
        let Some(id) = self.incidents.get(incident % self.incidents.len().max(1)) else {
            return;
        };
        let device = &mut self.devices[device];
        let has = |kind: fn(IncidentId) -> DocKey| device.docs.contains_key(&kind(*id));
        let is_reply = matches!(intent, Intent::Reply { .. });
        let is_note = matches!(intent, Intent::Note { .. });
        let may = device.surface == Surface::Console || is_reply;
        if may && has(DocKey::incident) && (!is_note || has(DocKey::work)) {
            device.act(*id, intent);
        }
    }

    async fn push(&mut self, device: usize) {
        let by = self.devices[device].person;
        let verdicts = self.devices[device].push(&self.server).await;
        // What the server says it accepted is read back from the device's own documents.
        let device = &self.devices[device];
        let accepted = verdicts.iter().filter_map(|verdict| match verdict {
            Verdict::Accepted(accepted) => accepted.first(),
            Verdict::Duplicate(_) | Verdict::Refused(_) | Verdict::Missing { .. } => None,
        });
        for accepted in accepted {
            let id = accepted.doc.id;
            self.truth.entry(id).or_insert_with(|| {
                let declared = device.read(id);
                let requester = declared
                    .requester_person()
                    .expect("a person of the directory");
                Truth {
                    requester,
                    declared_by: by,
                    group: None,
                }
            });
        }
        self.settle().await;
    }

    /// Concurrent acts are folded by rules that have tests of their own: the truth about requester
    /// and group is what a reader of everything sees.
    async fn settle(&mut self) {
        let mut reader = Device::console(&self.server, ALICE).await;
        reader.pull(&self.server).await;
        for (id, truth) in &mut self.truth {
            let incident = reader.read(*id);
            truth.requester = incident
                .requester_person()
                .expect("a person of the directory");
            let group = incident.assignment.group.map(|group| group.0);
            truth.group = GROUPS
                .into_iter()
                .find(|name| group.as_deref() == Some(name));
        }
        let seen: BTreeSet<_> = reader.docs.keys().map(|doc| doc.id).collect();
        assert_eq!(
            seen,
            self.truth.keys().copied().collect(),
            "staff sees what was accepted"
        );
    }

    async fn pull(&mut self, device: usize, is_whole: bool) {
        let unsent: BTreeSet<_> = self.unsent(device);
        let device = &mut self.devices[device];
        // An honest device pushes first what it has on documents it may be told to forget.
        if !unsent.is_empty() {
            return;
        }
        if is_whole {
            device.pull(&self.server).await;
        } else {
            device.pull_once(&self.server).await;
        }
    }

    fn unsent(&self, device: usize) -> BTreeSet<DocKey> {
        let groups = self.devices[device].outbox.iter();
        groups
            .flat_map(|group| group.changes.iter().map(|change| change.doc))
            .collect()
    }

    async fn regroup(&mut self, person: PersonId, group: &'static str) {
        self.groups.insert(person, group);
        self.server
            .change(person, |person| person.groups = [group.into()].into())
            .await;
    }

    /// What a person may see at a surface, by the rules.
    fn visible(&self, device: &Device) -> BTreeSet<DocKey> {
        let mut visible = BTreeSet::new();
        for (id, truth) in &self.truth {
            let is_requester = truth.requester == device.person;
            let is_staff = device.surface == Surface::Console
                && (device.person == ALICE
                    || truth.declared_by == device.person
                    || truth
                        .group
                        .is_some_and(|group| self.groups.get(&device.person) == Some(&group)));
            if is_requester || is_staff {
                visible.insert(DocKey::incident(*id));
            }
            if is_staff {
                visible.insert(DocKey::work(*id));
            }
        }
        visible
    }

    /// Everything is sent and pulled; then each device has exactly what it may see, as the server
    /// has it.
    async fn heal(&mut self) {
        for device in 0..self.devices.len() {
            self.push(device).await;
        }
        let mut reader = Device::console(&self.server, ALICE).await;
        reader.pull(&self.server).await;
        for place in 0..self.devices.len() {
            self.devices[place].pull(&self.server).await;
            let visible = self.visible(&self.devices[place]);
            let device = &mut self.devices[place];
            let held: BTreeSet<_> = device.docs.keys().copied().collect();
            // What was refused stays on its author's device, under review.
            let refused: BTreeSet<_> = held
                .iter()
                .copied()
                .filter(|doc| !self.truth.contains_key(&doc.id))
                .collect();
            let held: BTreeSet<_> = held.difference(&refused).copied().collect();
            assert_eq!(held, visible, "device {place} of {:?}", device.person);
            for doc in held {
                let theirs = &reader.docs[&doc];
                let missing = theirs
                    .changes()
                    .filter(|change| !device.docs[&doc].has(change.hash));
                assert_eq!(missing.count(), 0, "device {place} lacks changes of {doc}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_interleaving_leaves_each_device_with_exactly_what_it_may_see(
        steps in prop::collection::vec(step(), 10..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut world = World::new().await;
            world.seed().await;
            for step in &steps {
                world.take(step).await;
            }
            world.heal().await;
        });
    }
}
