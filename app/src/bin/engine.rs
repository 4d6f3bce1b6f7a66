//! The engine of console and portal, in its worker.

fn main() {
    app::engine::run();
}
