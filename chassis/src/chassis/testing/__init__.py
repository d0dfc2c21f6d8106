"""What tests of any service use: real servers, found or started."""
