"""Another process of the same service."""

import stand_in

assert stand_in
