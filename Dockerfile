# One image for every process; docker-compose.yml says which it runs.
FROM python:3.13-slim
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
COPY kendi kendi
COPY services services
COPY shared shared
COPY reference reference
RUN uv sync --frozen --no-dev
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --system kendi
USER kendi
ENTRYPOINT ["kendi"]
