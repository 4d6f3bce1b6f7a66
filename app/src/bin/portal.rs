//! The portal of the people who report problems and wait for them to be solved.

fn main() {
    app::portal::start();
}
