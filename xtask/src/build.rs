//! Builds the client: cargo, wasm-bindgen, wasm-opt, hashed names, service worker, compression.
//!
//! # Design
//! Names carry the hash of the content, so the order is leaf to root: wasm, its glue, the boot
//! file that names both, the page that names the boot file, the service worker that names all.
//! A source names an asset by its plain address (`/assets/engine.wasm`); linking puts the hashed
//! one in its place, and an address that nothing was built for ends the build.

mod assets;
mod budget;
mod minify;
mod split;

use crate::{shell, texts};
use anyhow::{Context, Result, ensure};
use assets::Assets;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

const BINARIES: [&str; 3] = ["console", "portal", "engine"];
/// The style sheets of the client, with the layers they are made of.
const STYLES: [(&str, [&str; 4]); 2] = [
    (
        "/assets/style.css",
        ["tokens", "base", "common", "components"],
    ),
    ("/assets/portal.css", ["tokens", "base", "common", "portal"]),
];
const SCRIPTS: [&str; 5] = ["engine.js", "boot.js", "console.js", "portal.js", "dev.js"];

/// A page with everything that belongs to it alone: each device holds only what its people use.
struct Surface {
    name: &'static str,
    /// Where the page is served.
    url: &'static str,
    /// A regular expression of the addresses it answers.
    urls: &'static str,
    manifest: &'static str,
    worker: &'static str,
    /// How the names of its caches begin.
    prefix: &'static str,
    /// The source that only the other surface uses.
    foreign: &'static [&'static str],
}

const CONSOLE: Surface = Surface {
    name: "console",
    url: "/console",
    urls: r"/^\/console(\/|$)/",
    manifest: "manifest.webmanifest",
    worker: "/sw.js",
    prefix: "holdfast-",
    foreign: &["app/src/portal"],
};

const PORTAL: Surface = Surface {
    name: "portal",
    url: "/",
    urls: r"/^\/((report|incidents)(\/|$)|$)/",
    manifest: "portal.webmanifest",
    worker: "/portal-sw.js",
    prefix: "portal-",
    foreign: &["app/src/shell", "app/src/incidents", "app/src/reports"],
};

const SURFACES: [Surface; 2] = [CONSOLE, PORTAL];

impl Surface {
    /// Whether a device of this surface keeps a hashed file.
    fn keeps(&self, url: &str) -> bool {
        let is_of = |surface: &Surface| match surface.name {
            "portal" => url.starts_with("/assets/portal"),
            _ => ["console", "style", "text-"]
                .iter()
                .any(|own| url.starts_with(&format!("/assets/{own}"))),
        };
        !url.starts_with("/icons/icon-")
            && SURFACES
                .iter()
                .all(|other| other.name == self.name || !is_of(other))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to compile and not held to the budgets.
    Dev,
    /// As `Dev`, and the page reloads itself after each build.
    Watched,
    /// Small, and held to the budgets.
    Release,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Dev | Self::Watched => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }
}

/// The folder that the server embeds or serves.
pub(crate) fn folder() -> PathBuf {
    shell::target().join("client")
}

/// Builds the client and says where it lies.
pub(crate) fn client(profile: Profile) -> Result<PathBuf> {
    let started = Instant::now();
    let catalogs = texts::check()?;
    shell::ensure_wasm_target()?;
    compile(profile)?;

    let mut assets = Assets::default();
    for binary in BINARIES {
        bind(&mut assets, profile, binary)?;
    }
    for (surface, stem) in [(CONSOLE, "text"), (PORTAL, "portal-text")] {
        for (language, catalog) in &catalogs {
            let own = texts::without(catalog, surface.foreign)?;
            assets.add(
                &format!("/assets/{stem}-{language}.json"),
                serde_json::to_vec(&own)?,
            );
        }
    }
    add_public(&mut assets, profile)?;
    for surface in &SURFACES {
        add_page(&mut assets, surface, profile)?;
        add_service_worker(&mut assets, surface)?;
    }
    if profile == Profile::Watched {
        assets.add_fixed("/dev-stamp", assets.version().into_bytes());
    }

    let files = assets.write(&folder(), profile)?;
    println!(
        "client built in {:.1} s: {}",
        started.elapsed().as_secs_f32(),
        folder().display()
    );
    budget::check(&files, profile)?;
    Ok(folder())
}

fn compile(profile: Profile) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--package", "app", "--target", shell::WASM]);
    cargo.args(["--profile", profile.cargo_name()]);
    for binary in BINARIES {
        cargo.args(["--bin", binary]);
    }
    shell::run(&mut cargo)
}

/// The binaries of which a first paint needs only a part.
const CUT: [&str; 2] = ["console", "portal"];

/// Adds a binary's wasm, its glue and the snippets the glue imports.
fn bind(assets: &mut Assets, profile: Profile, binary: &str) -> Result<()> {
    let built = shell::target().join(shell::WASM).join(profile.cargo_name());
    let mut bytes = fs::read(built.join(format!("{binary}.wasm")))?;
    let parts = CUT
        .contains(&binary)
        .then(|| split::cut(&bytes))
        .transpose()?;
    if let Some(parts) = &parts {
        bytes.clone_from(&parts.main);
    }
    let folder = assets::cached_folder("bind", &[binary.as_bytes(), &bytes], |folder| {
        let mut bindgen = Bindgen::new();
        // The name section alone is a fifth to two fifths of the file. Stack traces are read with
        // the copy in the target folder, which keeps it.
        bindgen
            .web(true)?
            .typescript(false)
            .remove_name_section(true);
        bindgen
            .remove_producers_section(true)
            .input_bytes(binary, bytes.clone());
        // What the other files of a cut module import by name.
        bindgen
            .keep_lld_exports(parts.is_some())
            .demangle(parts.is_none());
        bindgen
            .generate(folder)
            .with_context(|| format!("wasm-bindgen on {binary}.wasm"))
    })?;

    let finished = |wasm| match profile {
        Profile::Release => optimised(wasm),
        Profile::Dev | Profile::Watched => Ok(wasm),
    };
    let wasm = fs::read(folder.join(format!("{binary}_bg.wasm")))?;
    assets.add(&format!("/assets/{binary}.wasm"), finished(wasm)?);

    let mut glue = fs::read_to_string(folder.join(format!("{binary}.js")))?;
    for path in files_below(&folder.join("snippets"))? {
        let name = path.strip_prefix(&folder)?.to_string_lossy().into_owned();
        let url = assets.add(
            &format!("/assets/{}", name.replace('/', "_")),
            fs::read(&path)?,
        );
        glue = glue.replace(&format!("./{name}"), &url);
    }
    if let Some(parts) = parts {
        return parts.add(assets, binary, glue, finished);
    }
    assets.add(&format!("/assets/{binary}-glue.js"), glue.into_bytes());
    Ok(())
}

/// The module after npm's `wasm-opt`, or as it came when Node is not there.
fn optimised(wasm: Vec<u8>) -> Result<Vec<u8>> {
    let Some(program) = wasm_opt()? else {
        return Ok(wasm);
    };
    let folder = assets::cached_folder("opt", &[WASM_OPT_LEVEL.as_bytes(), &wasm], |folder| {
        let input = folder.join("in.wasm");
        fs::write(&input, &wasm)?;
        let mut command = Command::new("node");
        command
            .arg(&program)
            .arg(&input)
            .arg("-o")
            .arg(folder.join("out.wasm"));
        shell::run(command.arg(WASM_OPT_LEVEL).args(WASM_FEATURES))
    })?;
    let smaller = fs::read(folder.join("out.wasm"))?;
    Ok(if smaller.len() < wasm.len() {
        smaller
    } else {
        wasm
    })
}

const WASM_OPT_LEVEL: &str = "-O1";
/// What rustc 1.95 emits. `--all-features` would let the optimiser write what browsers lack.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-mutable-globals",
];

fn wasm_opt() -> Result<Option<PathBuf>> {
    if !shell::answers("node", &["--version"]) || !shell::answers("npm", &["--version"]) {
        println!("no Node here: wasm-opt is left out, which costs 1 to 3 % of size");
        return Ok(None);
    }
    let folder = shell::target().join("tools/binaryen");
    let program = folder.join("node_modules/binaryen/bin/wasm-opt");
    let lock = fs::read(shell::root().join("xtask/npm/package-lock.json"))?;
    if program.is_file() && fs::read(folder.join("package-lock.json")).is_ok_and(|own| own == lock)
    {
        return Ok(Some(program));
    }
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(
            shell::root().join("xtask/npm").join(name),
            folder.join(name),
        )?;
    }
    if let Err(error) = shell::npm_ci(&folder, &["--ignore-scripts"]) {
        println!("wasm-opt is left out ({error:#})");
        return Ok(None);
    }
    Ok(Some(program))
}

fn add_public(assets: &mut Assets, profile: Profile) -> Result<()> {
    let public = shell::root().join("public");
    for path in files_below(&public.join("icons"))? {
        let name = path.strip_prefix(&public)?.to_string_lossy().into_owned();
        assets.add(&format!("/{name}"), fs::read(&path)?);
    }

    for (url, layers) in STYLES {
        let mut style = String::new();
        for layer in layers {
            style.push_str(&fs::read_to_string(
                public.join(format!("style/{layer}.css")),
            )?);
        }
        let style = assets.link(&minify::css(&style))?;
        assets.add(url, style.into_bytes());
    }

    for script in SCRIPTS {
        let text = minify::js(&fs::read_to_string(public.join(script))?);
        let text = assets.link(&text)?;
        if script != "dev.js" || profile == Profile::Watched {
            assets.add(&format!("/assets/{script}"), text.into_bytes());
        }
    }
    assets.add_fixed("/favicon.ico", fs::read(public.join("favicon.ico"))?);
    Ok(())
}

fn add_page(assets: &mut Assets, surface: &Surface, profile: Profile) -> Result<()> {
    let public = shell::root().join("public");
    let mut page = fs::read_to_string(public.join(format!("{}.html", surface.name)))?;
    if profile == Profile::Watched {
        let dev = "<script type=\"module\" src=\"/assets/dev.js\"></script>\n</head>";
        page = page.replacen("</head>", dev, 1);
    }
    let page = assets.link(&minify::html(&page))?;
    assets.add_fixed(&format!("/{}.html", surface.name), page.into_bytes());
    let manifest = fs::read_to_string(public.join(surface.manifest))?;
    let manifest: serde_json::Value = serde_json::from_str(&assets.link(&manifest)?)?;
    let url = format!("/{}", surface.manifest);
    assets.add_fixed(&url, serde_json::to_vec(&manifest)?);
    Ok(())
}

/// The service worker knows every file of its surface, so its own bytes change with any of them.
fn add_service_worker(assets: &mut Assets, surface: &Surface) -> Result<()> {
    let template = fs::read_to_string(shell::root().join("public/sw.js"))?;
    let hashed = json!(assets.hashed_urls(|url| surface.keeps(url))).to_string();
    let manifest = format!("/{}", surface.manifest);
    let page = assets.integrity(&format!("/{}.html", surface.name));
    let fixed = json!({
        surface.url: page,
        &manifest: assets.integrity(&manifest),
    });
    let fixed = fixed.to_string();
    let mut script = minify::js(&template);
    for (mark, value) in [
        (
            "__VERSION__",
            assets::digest(format!("{hashed}{fixed}").as_bytes()).as_str(),
        ),
        ("__HASHED__", &hashed),
        ("__FIXED__", &fixed),
        ("__PREFIX__", surface.prefix),
        ("__PAGE__", surface.url),
        ("__PAGES__", surface.urls),
    ] {
        ensure!(script.contains(mark), "public/sw.js lacks {mark}");
        script = script.replace(mark, value);
    }
    assets.add_fixed(surface.worker, script.into_bytes());
    Ok(())
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                files.extend(files_below(&path)?);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
