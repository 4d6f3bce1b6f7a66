//! What the page asks of files; some asks carry one.

use futures_channel::oneshot;
use web_sys::File;

use super::{Link, gone};
use crate::engine::protocol::{Answer, Call, Failure, FilesAnswer, FilesCall, Sealed};

impl Link {
    /// Asks for something of files. A file that goes along is not copied.
    pub(crate) async fn files(
        self,
        call: FilesCall,
        file: Option<&File>,
    ) -> Result<FilesAnswer, Failure> {
        let (answer, answered) = oneshot::channel();
        self.ensure_running()?;
        let call = Call::Files(Sealed::of(&call));
        self.with(|state| state.send(call, Some(answer), file))?;
        let answer = answered.await.unwrap_or_else(|_| Err(gone()))?;
        let Answer::Files(answer) = answer else {
            return Err(gone());
        };
        answer.open()
    }
}
