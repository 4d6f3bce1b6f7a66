//! The catalogs of texts: both languages whole, every key used, every used key there.
//!
//! # Design
//! Keys are found in the source by a scan for `t!("…"` and `t("…"`, not by a macro that reads the
//! catalogs: a missing text then fails the build with file and line, and the crate compiles
//! without knowing where the catalogs lie. A key made at run time cannot be found and is
//! therefore a mistake.

use crate::shell;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const LANGUAGES: [&str; 2] = ["en", "de"];
const PLURALS: [&str; 6] = [".zero", ".one", ".two", ".few", ".many", ".other"];

pub(crate) type Catalog = BTreeMap<String, String>;

/// Reads all catalogs and checks them against each other and against the source of the client.
pub(crate) fn check() -> Result<BTreeMap<&'static str, Catalog>> {
    let mut catalogs = BTreeMap::new();
    for language in LANGUAGES {
        catalogs.insert(language, read(language)?);
    }
    let mut used = used_in(&shell::root().join("app/src"), &[])?;
    used.extend(used_in(&shell::root().join("server/src/portal"), &[])?);
    let server = fs::read_to_string(shell::root().join("server/src/portal.rs"))?;
    used.extend(keys(&server).into_iter().map(|(key, line)| {
        let place = format!("server/src/portal.rs:{line}");
        (key, place)
    }));
    let faults = faults(&catalogs, &used);
    if !faults.is_empty() {
        bail!("the texts are not whole:\n  {}", faults.join("\n  "));
    }
    Ok(catalogs)
}

/// The catalog without the texts that only the given folders use.
pub(crate) fn without(catalog: &Catalog, folders: &[&str]) -> Result<Catalog> {
    let used = used_in(&shell::root().join("app/src"), folders)?;
    let is_used = |key: &str| used.contains_key(stem(key));
    let own = catalog.iter().filter(|(key, _)| is_used(key));
    Ok(own.map(|(key, text)| (key.clone(), text.clone())).collect())
}

fn read(language: &str) -> Result<Catalog> {
    let path = shell::root().join(format!("public/text/{language}.json"));
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    parse(&text).with_context(|| path.display().to_string())
}

fn parse(text: &str) -> Result<Catalog> {
    let object: Map<String, Value> = serde_json::from_str(text)?;
    let named = text
        .lines()
        .filter(|line| line.trim_start().starts_with('"'))
        .count();
    if named != object.len() {
        bail!("a key is there twice, or two share a line");
    }
    let mut catalog = Catalog::new();
    for (key, value) in object {
        let Value::String(text) = value else {
            bail!("{key} is not a text")
        };
        catalog.insert(key, text);
    }
    Ok(catalog)
}

fn faults(catalogs: &BTreeMap<&str, Catalog>, used: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let english = &catalogs[LANGUAGES[0]];
    for (language, catalog) in catalogs {
        for key in english.keys().filter(|key| !catalog.contains_key(*key)) {
            faults.push(format!("{language}: {key} is missing"));
        }
        for (key, text) in catalog {
            match english.get(key) {
                None => faults.push(format!("{language}: {key} is not in the English catalog")),
                Some(original) if names(original) != names(text) => {
                    faults.push(format!(
                        "{language}: {key} names other values than the English"
                    ));
                }
                Some(_) => {}
            }
        }
    }
    let known: BTreeSet<&str> = english.keys().map(|key| stem(key)).collect();
    for (key, place) in used.iter().filter(|(key, _)| !known.contains(key.as_str())) {
        faults.push(format!("{place}: no text for {key}"));
    }
    // Until the client asks for its first text there is nothing to hold the catalogs against.
    if !used.is_empty() {
        let unused = known.iter().filter(|key| !used.contains_key(**key));
        faults.extend(unused.map(|key| format!("{key} is used nowhere")));
    }
    faults
}

fn stem(key: &str) -> &str {
    PLURALS
        .iter()
        .find_map(|plural| key.strip_suffix(plural))
        .unwrap_or(key)
}

/// The values a text names, as in `{count} of {total}`.
fn names(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// The keys used in a folder, outside others, with the first place of each.
fn used_in(folder: &Path, but: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut used = BTreeMap::new();
    for path in sources(folder)? {
        let source = fs::read_to_string(&path)?;
        let shown = path
            .strip_prefix(shell::root())
            .unwrap_or(&path)
            .display()
            .to_string();
        if but.iter().any(|folder| shown.starts_with(folder)) {
            continue;
        }
        for (key, line) in keys(&source) {
            used.entry(key).or_insert_with(|| format!("{shown}:{line}"));
        }
    }
    Ok(used)
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The keys asked for in a source text, with the lines they stand in.
fn keys(source: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for opening in ["t!(", "t("] {
        for (position, _) in source.match_indices(opening) {
            let before = source[..position].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || "_.".contains(letter)) {
                continue;
            }
            let rest = source[position + opening.len()..].trim_start();
            let Some((key, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'))
            else {
                continue;
            };
            found.push((key.to_owned(), source[..position].lines().count().max(1)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogs(english: &str, german: &str) -> BTreeMap<&'static str, Catalog> {
        let parsed = |text| parse(text).expect("the sample is well-formed");
        BTreeMap::from([("en", parsed(english)), ("de", parsed(german))])
    }

    fn used(keys: &[&str]) -> BTreeMap<String, String> {
        keys.iter()
            .map(|key| ((*key).to_owned(), "here".to_owned()))
            .collect()
    }

    #[test]
    fn keys_are_found_across_lines_and_only_in_calls_of_t() {
        let source = "view! { {t!(\n  \"a.b\", n = 1)} } at(\"no\"); Some(t(\"c\")); x.t(\"no\")";
        assert_eq!(keys(source), [("a.b".into(), 1), ("c".into(), 2)]);
    }

    #[test]
    fn whole_catalogs_have_no_fault() {
        let all = catalogs(
            "{\n\"n.one\": \"{n} x\",\n\"n.other\": \"{n} y\"\n}",
            "{\n\"n.one\": \"{n} a\",\n\"n.other\": \"{n} b\"\n}",
        );
        assert_eq!(faults(&all, &used(&["n"])), [""; 0]);
    }

    #[test]
    fn each_kind_of_fault_is_named() {
        let all = catalogs(
            "{\n\"a\": \"{n}\",\n\"b\": \"\"\n}",
            "{\n\"a\": \"{m}\",\n\"c\": \"\"\n}",
        );
        let expected = [
            "de: b is missing",
            "de: a names other values than the English",
            "de: c is not in the English catalog",
            "here: no text for z",
            "b is used nowhere",
        ];
        assert_eq!(faults(&all, &used(&["a", "z"])), expected);
    }

    #[test]
    fn key_written_twice_is_refused() {
        assert!(parse("{\n\"a\": \"1\",\n\"a\": \"2\"\n}").is_err());
    }
}
