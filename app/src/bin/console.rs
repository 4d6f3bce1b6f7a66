//! The console of the people who work on incidents.

fn main() {
    app::shell::start();
}
