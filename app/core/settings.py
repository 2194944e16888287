"""Configuration from the environment (and `.env`); production refuses to start with what is only fit for a laptop."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105 (refused in production, see below)
HARD_TO_GUESS = 32
HEX_COLOR = "^#[0-9a-fA-F]{6}$"


class ImapAccount(BaseModel):
    """A mailbox to read: mail for `mailbox` lies in `folder`, and is moved to `done_folder` once it is kept."""

    mailbox: str
    host: str
    port: int = 993
    tls: Literal["none", "starttls", "implicit"] = "implicit"
    ca_file: Path | None = None
    username: str
    password: SecretStr
    folder: str = "INBOX"
    done_folder: str | None = Field(default="Processed", description="Null: marked as seen where it lies.")


class SellerIdentity(BaseModel):
    """Who invoices: what the law wants on an invoice (I7). What is missing is named when one is to be issued."""

    name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "LU"
    vat_number: str = ""
    registration_number: str = Field(default="", description="Of the trade register (RCS).")
    permit_number: str = Field(default="", description="Of the business permit.")
    email: str = ""
    phone: str | None = None
    website: str = ""
    iban: str = ""
    bic: str | None = None
    bank: str | None = None
    peppol_id: str | None = None


MADE_UP = SellerIdentity(
    name="e-connect S.à r.l.",
    street="42, rue de l'Exemple",
    postal_code="L-1234",
    city="Luxembourg",
    vat_number="LU12345613",
    registration_number="B123456",
    permit_number="10012345/0",
    email="facturation@e-connect.lu",
    phone="+352 20 12 34 56",
    website="https://www.e-connect.lu",
    iban="LU280019400644750000",
    bic="BCEELULL",
    bank="Spuerkeess",
    peppol_id="9938:LU12345613",
)
"""For a laptop; in production `SELLER` (JSON, or `SELLER__NAME`, `SELLER__IBAN` and so on) says who invoices."""


class Settings(BaseSettings):
    """Every setting with its default; `DATABASE_URL`, `PORT` and so on, without a prefix."""

    model_config = SettingsConfigDict(env_file=".env", env_nested_delimiter="__", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path(".data")
    public_url: str | None = Field(default=None, description="What clients see in links; default from host and port.")
    receipt_url: str | None = Field(default=None, description="Page that shows a receipt; the token is appended.")
    quote_url: str | None = Field(default=None, description="Page that shows a quote; the token is appended.")
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    previous_secret_keys: list[SecretStr] = Field(default_factory=list)
    cors_origins: list[str] | None = Field(default=None, description="Exact origins of the website and frontends.")
    forwarded_allow_ips: str = Field(default="127.0.0.1", description="Proxies whose X-Forwarded-For is believed.")

    head_seconds: int = Field(default=15, ge=1, description="How long a request's line and headers may take.")
    body_seconds: int = Field(default=30, ge=1, description="A body too; large ones longer, by what has come.")
    upload_mebibytes: int = Field(default=96, ge=32, description="Files and mails taken in at a time, in a process.")
    uploads_at_once_per_ip: int = Field(default=4, ge=1, description="Forms with files, in one process.")

    database_url: str | None = None
    migration_database_url: str | None = Field(default=None, description="Role that owns the tables, if another.")
    database_pool_size: int = Field(default=8, ge=1, le=100)
    database_pool_wait_seconds: int = Field(default=1, ge=1)
    database_behind_pooler: bool = Field(default=False, description="PgBouncer in transaction mode.")

    worker_in_api: bool = Field(default=True, description="`serve` also works off jobs.")
    worker_concurrency: int = Field(default=8, ge=1, le=100, description="Jobs at a time in one process.")
    worker_poll_milliseconds: int = Field(default=500, ge=10)
    worker_lease_seconds: int = Field(default=20, ge=1, description="A killed worker's jobs begin again after this.")
    worker_stop_seconds: int = Field(default=10, ge=0, description="How long running jobs may go on at shutdown.")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    otlp_endpoint: str | None = None

    smtp_host: str | None = Field(default=None, description="Without it mail lands in DATA_DIR/outbox/*.eml.")
    smtp_port: int = 587
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "implicit"] = "starttls"
    smtp_ca_file: Path | None = None
    smtp_timeout_seconds: int = 20
    mail_from: str = "support@e-connect.lu"
    mail_from_name: str = "e-connect Support Desk"
    company_name: str = Field(default="e-connect", description="Who signs the mails.")
    company_website: str = "https://www.e-connect.lu"
    paper_primary_color: str = Field(default="#12324a", pattern=HEX_COLOR, description="Of invoices: heads and totals.")
    paper_accent_color: str = Field(default="#0b6e8a", pattern=HEX_COLOR, description="Of invoices: what stands out.")
    paper_logo: FilePath | None = Field(
        default=None, description="Of invoices: an SVG or PNG file; e-connect's without."
    )
    invoice_run_patience_seconds: int = Field(
        default=5, ge=0, le=60, description="A longer run is answered as it stands, and the worker goes on with it."
    )
    invoice_run_clients_at_once: int = Field(
        default=2, ge=1, le=8, description="While the database writes some clients' invoices, the next are made."
    )
    late_interest_bp: int | None = Field(
        default=None, ge=0, le=10_000, description="Statutory interest on late payments a year; none without it (I6)."
    )
    seller: SellerIdentity | None = Field(default=None, description="Who invoices, with its legal mentions (I7).")
    own_addresses: list[str] = ["support@e-connect.lu", "urgence@e-connect.lu"]
    urgent_addresses: list[str] = Field(default=["urgence@e-connect.lu"], description="Mail to these is urgent (U1).")
    on_duty_address: str | None = Field(default=None, description="Who is told of an urgency at once (U3).")
    on_duty_language: Literal["fr", "en", "de"] = "fr"
    imap_accounts: list[ImapAccount] = Field(default_factory=list, description="Mailboxes that the worker reads.")
    imap_poll_seconds: int = Field(default=30, ge=1)
    mail_parse_seconds: int = Field(default=10, ge=1, description="A mail that takes longer to read is quarantined.")
    mails_per_hour_per_address: int = Field(default=30, ge=1, description="More are quarantined.")

    # Limits of strangers; counted in Postgres, so they hold for any number of processes.
    form_per_minute_per_ip: int = 5
    form_per_hour_per_address: int = 20
    acknowledgements_per_hour: int = 1
    acknowledgements_per_day: int = 3
    failed_credentials_per_minute_per_ip: int = 10
    altcha_required: bool = Field(default=False, description="Ask the form for a proof of work.")

    @model_validator(mode="after")
    def _production_is_serious(self) -> "Settings":
        if self.environment == "production":
            secret = self.secret_key.get_secret_value()
            if secret == DEVELOPMENT_SECRET or len(secret) < HARD_TO_GUESS:
                raise ValueError("SECRET_KEY must be set to at least 32 random characters in production")
            if self.database_url is None:
                raise ValueError("DATABASE_URL must be set in production")
            if self.public_url is None or self.cors_origins is None:
                raise ValueError("PUBLIC_URL and CORS_ORIGINS must be set in production")
        return self

    @cached_property
    def base_url(self) -> str:
        """Where this service is reached, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @cached_property
    def invoices_from(self) -> SellerIdentity:
        """Who invoices: as it is set, on a laptop a made-up company."""
        return self.seller or (SellerIdentity() if self.environment == "production" else MADE_UP)

    @property
    def secrets(self) -> list[str]:
        """Keys that signatures are made with: the present one first, then those before it."""
        return [secret.get_secret_value() for secret in (self.secret_key, *self.previous_secret_keys)]

    @cached_property
    def form_port(self) -> int:
        """`serve` shows the example help form beside the API, on another origin."""
        return self.port + 1

    @cached_property
    def quote_port(self) -> int:
        """And the example quote page on the next."""
        return self.port + 2

    @cached_property
    def allowed_origins(self) -> list[str]:
        """The exact origins that browsers may call from."""
        if self.cors_origins is not None:
            return self.cors_origins
        ports = (self.form_port, self.quote_port)
        return [f"http://{name}:{port}" for port in ports for name in ("127.0.0.1", "localhost")]

    def receipt_link(self, token: str) -> str:
        """The address a requester follows to see their ticket."""
        page = self.receipt_url or f"http://{self.host}:{self.form_port}/?receipt="
        return f"{page}{token}"

    def quote_link(self, token: str) -> str:
        """The address a client follows to see a quote; after `#`, so that no server's log ever holds the secret."""
        page = self.quote_url or f"http://{self.host}:{self.quote_port}/#"
        return f"{page}{token}"
