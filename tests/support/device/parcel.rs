//! What is unsent on a device as a file, and such a file taken over.

use std::collections::BTreeMap;

use shared::ids::IncidentId;
use shared::incidents::Drafted;
use shared::sync::client::{Carried, Input};
use shared::sync::parcel::{BadParcel, Home, Owner, Packed, Parcel};

use super::{Device, Moment, with_writer};
use crate::disk::{Durability, Full, Transaction};

impl Device {
    /// What is unsent, as a file.
    pub fn pack(&self, moment: Moment) -> Vec<u8> {
        let acts = self.disk.outbox().into_iter().map(|(_, entry)| Packed {
            incident: entry.incident,
            drafted: entry.drafted,
        });
        let parcel = Parcel {
            owner: self.owner(),
            device: self.profile.device,
            made_at: moment.wall,
            acts: acts.collect(),
        };
        parcel.encode()
    }

    /// Takes over what was unsent on another device of the person, whole or not at all.
    pub fn unpack(&mut self, file: &[u8], moment: Moment) -> Result<Result<(), Full>, BadParcel> {
        let parcel = Parcel::open(file, &self.owner())?;
        let mut tx = Transaction::default();
        let mut incidents: BTreeMap<IncidentId, Vec<Drafted>> = BTreeMap::new();
        for Packed { incident, drafted } in parcel.acts {
            incidents.entry(incident).or_default().push(drafted);
        }
        for (id, acts) in incidents {
            let mut local = self.disk.load(id);
            let mut review = Vec::new();
            for drafted in acts {
                let (surface, slot) = (self.profile.surface, self.slot(self.lead));
                let carried = with_writer(&mut self.draws, slot, |writer| {
                    local.carry(drafted, surface, writer)
                });
                match carried.expect("what this device stored can be read") {
                    Carried::Review(entry) => review.push(entry),
                    Carried::Written | Carried::Known | Carried::Waits => {}
                }
            }
            self.store(&mut tx, &mut local, &review);
        }
        if let Err(full) = self.disk.commit(tx, Durability::Strict) {
            return Ok(Err(full));
        }
        self.tell(Input::OutboxGrew, moment);
        self.tell(Input::Hint, moment);
        Ok(Ok(()))
    }

    fn owner(&self) -> Owner {
        Owner {
            home: Home {
                origin: "https://incidents.example".to_owned(),
                organisation: self.disk.directory().name,
                epoch: self.disk.cursors().epoch,
            },
            person: self.profile.person,
            surface: self.profile.surface,
        }
    }
}
