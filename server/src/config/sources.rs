//! Where settings come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;

use super::{BadSetting, SETTINGS};

/// The source of what nobody set.
pub(super) const DEFAULT: &str = "default";

/// What building and testing this repository uses, beside the settings.
const OWN_VARIABLES: [&str; 7] = [
    "HOLDFAST_BENCH_SIZES",
    "HOLDFAST_BIN",
    "HOLDFAST_CACHE",
    "HOLDFAST_CLIENT_DIR",
    "HOLDFAST_E2E",
    "HOLDFAST_MANY",
    "HOLDFAST_SEED",
];

/// The values given by flags, by variables and by the file, as text.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    flags: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    unknown_variables: BTreeSet<String>,
}

/// A value and the source that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    pub from: String,
}

impl Sources {
    /// The file at `path`, or `holdfast.toml` of the current folder if there is one.
    pub fn from_path(path: Option<&Path>) -> anyhow::Result<Self> {
        let wanted = path.unwrap_or(Path::new("holdfast.toml"));
        if path.is_none() && !wanted.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(wanted);
        let text = text.with_context(|| format!("cannot read {}", wanted.display()))?;
        Self::from_file(&text).with_context(|| format!("{} is not TOML", wanted.display()))
    }

    /// The text of a `holdfast.toml`.
    pub fn from_file(text: &str) -> Result<Self, toml::de::Error> {
        let table: toml::Table = text.parse()?;
        let file = table
            .into_iter()
            .map(|(name, value)| (name, plain(&value)))
            .collect();
        Ok(Self {
            file,
            ..Self::default()
        })
    }

    /// Takes the variables that name a setting; others with our prefix may be an orchestrator's.
    #[must_use]
    pub fn with_variables<N: AsRef<str>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        for (variable, value) in variables {
            let variable = variable.as_ref();
            let Some(name) = variable.strip_prefix("HOLDFAST_") else {
                continue;
            };
            let name = name.to_ascii_lowercase();
            if is_setting(&name) {
                self.variables.insert(name, value.into());
            } else if !OWN_VARIABLES.contains(&variable) {
                self.unknown_variables.insert(variable.to_owned());
            }
        }
        self
    }

    #[must_use]
    pub fn with_flag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.flags.insert(name.to_owned(), value.into());
        self
    }

    /// The value that holds for a setting.
    pub fn of(&self, name: &str) -> Given {
        let given = |text: &String, from: String| Given {
            text: text.clone(),
            from,
        };
        if let Some(text) = self.flags.get(name) {
            given(text, format!("flag --{}", name.replace('_', "-")))
        } else if let Some(text) = self.variables.get(name) {
            given(text, format!("HOLDFAST_{}", name.to_ascii_uppercase()))
        } else if let Some(text) = self.file.get(name) {
            given(text, "holdfast.toml".to_owned())
        } else {
            let setting = SETTINGS.iter().find(|setting| setting.name == name);
            let text = setting.map_or("", |setting| setting.default).to_owned();
            Given {
                text,
                from: DEFAULT.to_owned(),
            }
        }
    }

    /// Sentences on what may be meant as a setting and is none.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let unknown = self.unknown_variables.iter();
        unknown.map(|variable| format!("{variable} is no setting and is ignored"))
    }

    /// What the file names that is no setting.
    pub(super) fn unknown(&self) -> Vec<BadSetting> {
        let unknown = self.file.keys().filter(|name| !is_setting(name));
        unknown
            .map(|name| BadSetting::Unknown {
                setting: name.clone(),
                from: "holdfast.toml".to_owned(),
            })
            .collect()
    }
}

fn is_setting(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.name == name)
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            format!("a TOML {}", value.type_str())
        }
    }
}
