"""Where a model looked: heat-maps of vision transformers, and the tests to pass before they are believed."""
