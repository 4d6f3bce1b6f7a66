//! The rules of this repository that a program can check: sizes, who may use whom inside `shared`,
//! nothing ignored or left open, and a README that names tests which exist.

use std::collections::BTreeMap;

use tests::{Source, sources};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const README_LINES_MAX: usize = 250;
const LINE_CHARS_MAX: usize = 100;

/// The modules of `shared` in layers: a module may use those before it and those beside it.
const LAYERS: [&[&str]; 9] = [
    &["ids", "time", "priority", "calendar", "targets"],
    &["people", "views", "document"],
    &["incidents", "policy", "settings"],
    &["sla"],
    &["rows", "notify"],
    &["search"],
    &["reports", "rules"],
    &["sync"],
    &["testing"],
];

fn rust() -> Vec<Source> {
    ["app", "server", "shared", "tests", "xtask"]
        .into_iter()
        .flat_map(|crate_name| sources(crate_name, ".rs"))
        .collect()
}

/// The lines before the tests of a file; a file of tests has none.
fn code(source: &Source) -> &str {
    if is_of_tests(&source.path) {
        return "";
    }
    let parts = source.text.split("\n#[cfg(test)]\nmod tests {").next();
    parts.unwrap_or_default()
}

/// Modules that are compiled for tests alone.
fn is_of_tests(path: &str) -> bool {
    const ALONE: [&str; 3] = [
        "shared/src/incidents/table.rs",
        "shared/src/incidents/properties.rs",
        "shared/src/incidents/withdrawals.rs",
    ];
    path.ends_with("/tests.rs") || path.contains("/tests/") || ALONE.contains(&path)
}

#[test]
fn files_stay_small() {
    let long: Vec<_> = rust()
        .iter()
        .map(|source| (code(source).lines().count(), source.path.clone()))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .collect();
    assert!(
        long.is_empty(),
        "over {FILE_LINES_MAX} lines without tests: {long:#?}"
    );
}

#[test]
fn functions_stay_short() {
    let long: Vec<_> = rust().iter().flat_map(long_functions).collect();
    assert!(
        long.is_empty(),
        "over {FUNCTION_LINES_MAX} lines: {long:#?}"
    );
}

/// rustfmt leaves comments, texts and the insides of macros as they are. A text may be longer, and
/// so may the elements of a `view!`, of which `app` is full.
#[test]
fn lines_stay_short() {
    let is_bound = |path: &str, line: &str| {
        line.trim_start().starts_with("//") || !(path.starts_with("app/") || line.contains('"'))
    };
    let mut long = Vec::new();
    for Source { path, text } in rust() {
        let lines = (1..).zip(text.lines());
        let over = lines.filter(|(_, line)| line.chars().count() > LINE_CHARS_MAX);
        let over = over.filter(|(_, line)| is_bound(&path, line));
        long.extend(over.map(|(at, _)| format!("{path}:{at}")));
    }
    assert!(long.is_empty(), "over {LINE_CHARS_MAX} columns: {long:#?}");
}

/// Finds functions by rustfmt's indentation: the closing brace stands under the `fn`'s line.
fn long_functions(source: &Source) -> Vec<String> {
    let lines: Vec<_> = code(source).lines().collect();
    let is_long = |start: usize| {
        let indent = lines[start].len() - lines[start].trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let body = lines[start..]
            .iter()
            .position(|line| *line == closing)
            .unwrap_or(0);
        let excused = start > 0 && lines[start - 1].contains("too_many_lines");
        body >= FUNCTION_LINES_MAX && !excused
    };
    let starts = (0..lines.len()).filter(|&at| starts_function(lines[at]));
    starts
        .filter(|&at| is_long(at))
        .map(|at| format!("{}:{}", source.path, at + 1))
        .collect()
}

fn starts_function(line: &str) -> bool {
    let words = ["pub", "pub(crate)", "pub(super)", "async", "const"];
    let mut rest = line
        .trim_start()
        .split(' ')
        .skip_while(|word| words.contains(word));
    rest.next() == Some("fn") && !line.ends_with(';')
}

#[test]
fn shared_uses_only_what_lies_below() {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut wrong = Vec::new();
    for source in sources("shared/src", ".rs") {
        let module = source
            .path
            .trim_start_matches("shared/src/")
            .trim_end_matches(".rs");
        let module = module.split('/').next().unwrap_or_default().to_owned();
        let Some(own) = layer(&module) else {
            assert_eq!(module, "lib", "every module of shared stands in the table");
            continue;
        };
        for used in code(&source).split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if layer(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction: {wrong:#?}");
}

#[test]
fn app_and_server_do_not_know_each_other() {
    let manifests: BTreeMap<_, _> = sources("app", "Cargo.toml")
        .into_iter()
        .chain(sources("server", "Cargo.toml"))
        .map(|source| (source.path, source.text))
        .collect();
    assert!(!manifests["app/Cargo.toml"].contains("server"));
    assert!(!manifests["server/Cargo.toml"].contains("path = \"../app\""));
    assert!(manifests["server/Cargo.toml"].contains("shared.workspace = true"));
}

#[test]
fn no_test_is_ignored_and_nothing_is_left_open() {
    let marks = ["#[ignore", "TODO", "FIXME", "test.skip(", "test.fixme("];
    let mut left = Vec::new();
    let scripts = sources("tests/e2e", ".js")
        .into_iter()
        .chain(sources("public", ".js"));
    for source in rust()
        .into_iter()
        .chain(scripts)
        .filter(|it| it.path != "tests/tidy.rs")
    {
        for mark in marks {
            if source.text.contains(mark) {
                left.push(format!("{}: {mark}", source.path));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn no_module_hides_in_a_mod_file() {
    let hidden: Vec<_> = rust()
        .into_iter()
        .filter(|it| it.path.ends_with("/mod.rs"))
        .collect();
    assert!(hidden.is_empty(), "{hidden:#?}");
}

#[test]
fn styles_are_never_written_into_elements() {
    let inline: Vec<_> = sources("app/src", ".rs")
        .into_iter()
        .chain(sources("public", ".html"))
        .filter(|source| source.text.contains(" style=\"") || source.text.contains("<style"))
        .map(|source| source.path)
        .collect();
    assert!(
        inline.is_empty(),
        "the content security policy blocks them: {inline:#?}"
    );
}

#[test]
fn readme_is_short_and_its_invariants_name_living_tests() {
    let readme = sources("", "README.md")
        .into_iter()
        .find(|it| it.path == "README.md");
    let readme = readme.expect("there is a README");
    assert!(readme.text.lines().count() <= README_LINES_MAX);
    let tests: Vec<_> = rust()
        .into_iter()
        .chain(sources("tests/e2e", ".js"))
        .map(|it| it.text)
        .collect();
    let section = readme
        .text
        .split("\n## Invariants")
        .nth(1)
        .expect("a section on invariants");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut named = 0;
    for row in rows {
        let guard = row
            .trim_end_matches(['|', ' '])
            .rsplit('|')
            .next()
            .unwrap_or_default();
        for name in guard.split('`').skip(1).step_by(2) {
            let lives = |text: &String| {
                text.contains(&format!("fn {name}(")) || text.contains(&format!("'{name}'"))
            };
            assert!(
                tests.iter().any(lives),
                "README names a test that is not there: {name}"
            );
            named += 1;
        }
    }
    assert!(named > 5, "the invariants name their tests");
}
