//! What `holdfast check` says: each setting as it holds, with the source that gave it.

use crate::config::{Config, Mode, SETTINGS, Sources, is_secret};
use crate::data;

/// Lists the settings; fails where `holdfast serve` would fail to start with them.
pub fn check(sources: &Sources) -> anyhow::Result<String> {
    let config = Config::read(sources, Mode::Production)?;
    data::check_folder(&config)?;
    let lines = SETTINGS.iter().map(|setting| {
        let given = sources.of(setting.name);
        let text = if setting.name == "origin" {
            config.origin.to_string()
        } else if is_secret(setting.name) && !given.text.is_empty() {
            "(secret)".to_owned()
        } else {
            given.text
        };
        format!("{} = {text} ({})\n", setting.name, given.from)
    });
    Ok(lines.collect())
}
