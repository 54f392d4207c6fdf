namespace spotter {}
