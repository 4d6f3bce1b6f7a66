//! The files of a built client: their addresses by content, their links, their compressed twins.

use super::Profile;
use crate::shell;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

/// Where addresses carry the hash of the content.
const HASHED: [&str; 2] = ["/assets/", "/icons/"];

#[derive(Default)]
pub(super) struct Assets {
    /// Plain address to hashed address and content.
    hashed: BTreeMap<String, (String, Vec<u8>)>,
    fixed: BTreeMap<String, Vec<u8>>,
}

/// A file as written, with its sizes.
pub(super) struct Written {
    pub(super) plain: String,
    pub(super) raw_bytes: usize,
    pub(super) brotli_bytes: usize,
}

impl Assets {
    /// Adds a file whose name is to carry its hash, and gives its address.
    pub(super) fn add(&mut self, plain: &str, bytes: Vec<u8>) -> String {
        let url = address(plain, &digest(&bytes));
        self.hashed.insert(plain.to_owned(), (url.clone(), bytes));
        url
    }

    /// Adds two scripts that import each other, by the names that `marks` gives them.
    pub(super) fn add_pair(&mut self, plain: [String; 2], texts: [String; 2], marks: [&str; 2]) {
        let hash = digest(texts.concat().as_bytes());
        let urls = plain.each_ref().map(|plain| address(plain, &hash));
        for ((plain, url), text) in plain.into_iter().zip(urls.clone()).zip(texts) {
            let mut text = text;
            for (mark, url) in marks.iter().zip(&urls) {
                text = text.replace(&format!("from \"{mark}\""), &format!("from \"{url}\""));
            }
            self.hashed.insert(plain, (url, text.into_bytes()));
        }
    }

    /// Adds a file whose address others know by heart.
    pub(super) fn add_fixed(&mut self, url: &str, bytes: Vec<u8>) {
        self.fixed.insert(url.to_owned(), bytes);
    }

    pub(super) fn hashed_urls(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        let urls = self.hashed.values().map(|(url, _)| url.as_str());
        urls.filter(|url| wanted(url)).collect()
    }

    /// Changes when any file does.
    pub(super) fn version(&self) -> String {
        let mut hasher = Sha256::new();
        for (url, _) in self.hashed.values() {
            hasher.update(url);
        }
        for (url, bytes) in &self.fixed {
            hasher.update(url);
            hasher.update(bytes);
        }
        hex(&hasher.finalize())[..16].to_owned()
    }

    /// The value of an `integrity` attribute for a file with a fixed address.
    pub(super) fn integrity(&self, url: &str) -> String {
        let digest = Sha256::digest(&self.fixed[url]);
        format!("sha256-{}", BASE64_STANDARD.encode(digest))
    }

    /// The text with every plain address replaced by the hashed one.
    pub(super) fn link(&self, text: &str) -> Result<String> {
        let mut linked = String::with_capacity(text.len() + 256);
        let mut rest = text;
        while let Some(start) = HASHED.iter().filter_map(|prefix| rest.find(prefix)).min() {
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
            let tail = &rest[start..];
            let plain = &tail[..tail.find(|letter| !is_part(letter)).unwrap_or(tail.len())];
            linked.push_str(&rest[..start]);
            if HASHED.contains(&plain) {
                linked.push_str(plain);
            } else {
                let Some((url, _)) = self.hashed.get(plain) else {
                    bail!("nothing makes {plain}")
                };
                linked.push_str(url);
            }
            rest = &tail[plain.len()..];
        }
        linked.push_str(rest);
        Ok(linked)
    }

    /// Writes all files with their `.br` and `.gz` siblings in place of what was there.
    pub(super) fn write(&self, folder: &Path, profile: Profile) -> Result<Vec<Written>> {
        let next = folder.with_extension("next");
        remove(&next)?;
        let hashed = self
            .hashed
            .iter()
            .map(|(plain, (url, bytes))| (plain, url, bytes));
        let fixed = self.fixed.iter().map(|(url, bytes)| (url, url, bytes));
        // The largest first, so that the two cores end together.
        let mut files: Vec<_> = hashed.chain(fixed).collect();
        files.sort_by_key(|(_, _, bytes)| std::cmp::Reverse(bytes.len()));
        let queue = std::sync::Mutex::new(files.into_iter());
        let work = || -> Result<Vec<Written>> {
            let mut written = Vec::new();
            loop {
                let Some((plain, url, bytes)) = queue.lock().expect("no panic in it").next() else {
                    return Ok(written);
                };
                written.push(write_file(&next, plain, url, bytes, profile)?);
            }
        };
        let mut files = thread::scope(|scope| -> Result<Vec<Written>> {
            let workers = [scope.spawn(work), scope.spawn(work)];
            let mut all = Vec::new();
            for worker in workers {
                all.extend(worker.join().expect("compression does not panic")?);
            }
            Ok(all)
        })?;
        files.sort_by(|one, other| one.plain.cmp(&other.plain));
        // The service workers name all other files by their content. What is already there stays
        // as it is, so that the server is not compiled again for nothing.
        let is_there = |name| fs::read(folder.join(name)).ok() == fs::read(next.join(name)).ok();
        if ["sw.js", "portal-sw.js", "dev-stamp"]
            .into_iter()
            .all(is_there)
        {
            remove(&next)?;
            return Ok(files);
        }
        remove(folder)?;
        fs::rename(&next, folder).with_context(|| folder.display().to_string())?;
        Ok(files)
    }
}

fn write_file(
    folder: &Path,
    plain: &str,
    url: &str,
    bytes: &[u8],
    profile: Profile,
) -> Result<Written> {
    let path = folder.join(url.trim_start_matches('/'));
    fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
    fs::write(&path, bytes)?;
    let mut brotli_bytes = bytes.len();
    if !is_compressed(url) && url != "/dev-stamp" {
        let small = brotli(bytes, profile)?;
        brotli_bytes = small.len();
        fs::write(sibling(&path, "br"), small)?;
        fs::write(sibling(&path, "gz"), gzip(bytes, profile)?)?;
    }
    Ok(Written {
        plain: plain.to_owned(),
        raw_bytes: bytes.len(),
        brotli_bytes,
    })
}

fn is_compressed(url: &str) -> bool {
    [".png", ".ico", ".woff2"]
        .iter()
        .any(|extension| url.ends_with(extension))
}

fn sibling(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

fn brotli(bytes: &[u8], profile: Profile) -> Result<Vec<u8>> {
    let quality = if profile == Profile::Release { 11 } else { 4 };
    let compress = |out: &mut Vec<u8>| -> Result<()> {
        let mut writer = brotli::CompressorWriter::new(out, 1 << 16, quality, 22);
        Ok(writer.write_all(bytes)?)
    };
    if quality < 11 || bytes.len() < 1 << 16 {
        let mut small = Vec::new();
        compress(&mut small)?;
        return Ok(small);
    }
    let folder = cached_folder("br", &[bytes], |folder| {
        let mut small = Vec::new();
        compress(&mut small)?;
        Ok(fs::write(folder.join("out"), small)?)
    })?;
    Ok(fs::read(folder.join("out"))?)
}

fn gzip(bytes: &[u8], profile: Profile) -> Result<Vec<u8>> {
    let level = if profile == Profile::Release { 9 } else { 1 };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn address(plain: &str, hash: &str) -> String {
    let (stem, extension) = plain.rsplit_once('.').unwrap_or((plain, "bin"));
    format!("{stem}-{hash}.{extension}")
}

/// A short name for some content.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))[..16].to_owned()
}

/// A folder filled once per input, so that a second build does only what changed.
pub(super) fn cached_folder(
    kind: &str,
    inputs: &[&[u8]],
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let mut hasher = Sha256::new();
    for input in inputs {
        hasher.update(u64::try_from(input.len())?.to_le_bytes());
        hasher.update(input);
    }
    let name = format!("{kind}-{}", &hex(&hasher.finalize())[..24]);
    let folder = shell::target().join("client-cache").join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let unfinished = folder.with_extension("unfinished");
    remove(&unfinished)?;
    fs::create_dir_all(&unfinished)?;
    fill(&unfinished)?;
    fs::rename(&unfinished, &folder)?;
    Ok(folder)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_become_hashed_ones() {
        let mut assets = Assets::default();
        let wasm = assets.add("/assets/a.wasm", b"1".to_vec());
        let json = assets.add("/assets/a.wasm.json", b"2".to_vec());
        let linked = assets.link("'/assets/a.wasm' \"/assets/a.wasm.json\" '/assets/' x");
        let expected = format!("'{wasm}' \"{json}\" '/assets/' x");
        assert_eq!(linked.expect("both are there"), expected);
        assert!(wasm.starts_with("/assets/a-6b86b273ff34fce1"));
    }

    #[test]
    fn address_that_nothing_makes_is_refused() {
        assert!(Assets::default().link("import '/assets/gone.js'").is_err());
    }

    #[test]
    fn files_that_name_each_other_change_their_addresses_together() {
        let pair = |glue: &str| {
            let mut assets = Assets::default();
            let plain = ["/assets/glue.js", "/assets/split.js"].map(str::to_owned);
            let texts = [
                format!("{glue} from \"./split.js\"; x = {{ \"./split.js\": 1 }}"),
                "from \"./glue.js\"".to_owned(),
            ];
            assets.add_pair(plain, texts, ["./glue.js", "./split.js"]);
            assets.hashed
        };
        let (one, other) = (pair("import"), pair("export"));
        let [glue, split] = ["/assets/glue.js", "/assets/split.js"];
        assert_eq!(
            one[split].1,
            format!("from \"{}\"", one[glue].0).into_bytes()
        );
        assert!(one[glue].1.ends_with(b"{ \"./split.js\": 1 }"));
        assert!(one[glue].0 != other[glue].0 && one[split].0 != other[split].0);
    }

    #[test]
    fn version_follows_every_file() {
        let mut assets = Assets::default();
        assets.add("/assets/a.js", b"1".to_vec());
        let first = assets.version();
        assets.add_fixed("/console.html", b"<p>".to_vec());
        let second = assets.version();
        assets.add("/assets/a.js", b"2".to_vec());
        assert!(first != second && second != assets.version());
    }
}
