//! The same incidents through other engines, and what those need in proportion.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "peers are given what the generator makes"
)]

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use shared::incidents::{Event, EventKind, Requester, SetField};
use tests::remote::Remote;
use tests::workspace;

use super::{Measured, say};

/// The incidents that a device holds, as plain documents with their steps.
pub(crate) fn histories(reader: &Remote) -> Vec<Value> {
    let device = &reader.device;
    let incidents = device.disk.incidents().into_iter();
    let read = incidents.filter_map(|id| Some(device.read(id)?.0));
    let history = |(number, incident): (usize, shared::incidents::Incident)| {
        let first = incident.first.as_deref()?;
        let requester = match &first.requester {
            Requester::Person(person) => person.0.to_string(),
            Requester::Unknown { name, .. } => name.clone(),
        };
        let mut events = incident.timeline.iter();
        let declared = entry(events.next()?);
        Some(json!({
            "number": format!("INC-{number}"),
            "declared": {
                "subject": first.subject, "description": incident.description,
                "resolution": incident.resolution_notes, "requester": requester,
                "category": first.category.as_ref().map_or("", |id| &id.0),
                "site": first.site.as_ref().map_or("", |id| &id.0), "state": "new",
                "impact": first.impact, "urgency": first.urgency, "entries": [declared],
            },
            "steps": events.map(step).collect::<Vec<_>>(),
        }))
    };
    read.enumerate().filter_map(history).collect()
}

fn step(event: &Event) -> Value {
    match &event.kind {
        EventKind::Set(SetField::Urgency(level)) => {
            json!({ "urgency": level, "entry": entry(event) })
        }
        _ => json!({ "entry": entry(event) }),
    }
}

fn entry(event: &Event) -> Value {
    let text = match &event.kind {
        EventKind::Replied { text, .. } | EventKind::Noted { text, .. } => text.as_str(),
        _ => "",
    };
    json!({ "at": event.from.at.0.to_string(), "by": event.from.by.0.to_string(), "text": text })
}

/// Takes them through each peer and prints its times, and those in proportion to ours.
pub(crate) fn compare(size: usize, histories: &[Value], ours: &[Measured]) {
    let file = std::env::temp_dir().join(format!("holdfast-peers-{}", std::process::id()));
    let text = serde_json::to_string(histories).expect("values are JSON");
    fs::write(&file, text).expect("the folder for temporary files can be written");
    let mut node = Command::new("node");
    node.arg("tests/bench/support/headless.mjs").arg(&file);
    let ran = node
        .current_dir(workspace())
        .output()
        .expect("Node 20 is there");
    fs::remove_file(&file).expect("the file can be removed");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        let told: Value = serde_json::from_str(line).expect("a line is JSON");
        let name = told["name"].as_str().expect("a peer has a name");
        for Measured(case, mine) in ours {
            let theirs = told[*case].as_array().expect("it was measured");
            let theirs: Vec<_> = theirs.iter().filter_map(Value::as_f64).collect();
            say(&format!("{case}/{name}"), size, &theirs, "ms", None);
            let ratio = median(&theirs) / median(mine);
            let target =
                (*case == "first_sync").then(|| if name == "pouchdb" { 1.0 } else { 50.0 });
            say(&format!("{case}_ratio/{name}"), size, &[ratio], "", target);
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
